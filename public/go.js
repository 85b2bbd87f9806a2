// The page for a phone at a machine: looks every four seconds whether something happened, as a press on "Look again" would.
const look = async () => {
  const answer = await fetch(location.href, { cache: 'no-store' }).catch(() => null);
  if (answer && !answer.ok) return location.reload();
  if (answer) {
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const [now, then] = [document, page].map((one) => one.querySelector('.go-now'));
    if (!now || !then) return location.reload();
    if (now.textContent !== then.textContent) now.textContent = then.textContent;
    // Nothing more will come.
    if (!page.querySelector('script')) return location.reload();
  }
  setTimeout(look, 4000);
};
setTimeout(look, 4000);
