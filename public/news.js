// News from elsewhere, sparingly: that a job ended which this reader looked at, and that another machine needs a person. What
// is said is drawn by the server; it stays in the corner until it is read.
(() => {
  const corner = document.querySelector('.toasts');
  if (!corner) return;
  const most = 3; // More are not read anyway: the oldest goes.
  const pace = 1500; // Milliseconds between two looks.
  const retry = 5000; // Until what could not be asked is asked again.
  const bar = document.getElementById('alarm-bar');
  const kept = 'pitstop:watched';
  const watched = () => JSON.parse(sessionStorage.getItem(kept) ?? '[]');
  const watch = (jobs) => sessionStorage.setItem(kept, JSON.stringify(jobs));

  // The same about the same thing takes the place of what was said before.
  function say(html) {
    const toast = new DOMParser().parseFromString(html, 'text/html').body.firstElementChild;
    if (!toast) return;
    const about = toast.querySelector('a').href;
    for (const other of corner.querySelectorAll('.toast')) if (other.querySelector('a').href === about) other.remove();
    toast.querySelector('button').onclick = () => toast.remove();
    corner.append(toast);
    while (corner.children.length > most) corner.firstElementChild.remove();
  }
  document.addEventListener('click', (event) => {
    const html = event.target.closest?.('[data-say]')?.dataset.say;
    if (html) say(html);
  });

  const unseen = () => Number(bar?.querySelector('[data-unseen]')?.dataset.unseen ?? 0);
  async function alarms() {
    if (!bar) return;
    const reply = await fetch('/news/alarms');
    if (reply.status >= 500) throw new Error('the server could not say');
    if (!reply.ok) return;
    const page = new DOMParser().parseFromString(await reply.text(), 'text/html');
    const before = unseen();
    const more = page.querySelector('template[data-more]');
    const now = page.querySelector('.alarm-bar');
    if (bar.firstElementChild?.outerHTML !== now?.outerHTML) bar.replaceChildren(...(now ? [now] : []));
    if (unseen() > before && more) say(more.innerHTML);
  }

  async function ended(job) {
    const reply = await fetch(`/news/jobs/${job}`);
    // It is under way.
    if (reply.status === 204) return;
    watch(watched().filter((other) => other !== job));
    // Whoever looks at it sees it there.
    if (reply.ok && !location.pathname.includes(job)) say(await reply.text());
  }

  // No faster than the pace, and once more for what came meanwhile.
  const due = new Set();
  let waiting = false;
  function look() {
    const now = [...due];
    due.clear();
    for (const what of now) (what === 'alarms' ? alarms() : ended(what)).catch(() => setTimeout(() => soon(what), retry));
    waiting = now.length > 0;
    if (waiting) setTimeout(look, pace);
  }
  function soon(what) {
    due.add(what);
    if (!waiting) look();
  }
  document.addEventListener('pitstop:changed', ({ detail }) => {
    const changed = detail && JSON.parse(detail);
    if (!changed || changed.kind === 'alarm') soon('alarms');
    for (const job of watched()) if (!changed || changed.id === job) soon(job);
  });

  // Those that ended before this page was drawn, its stream does not tell of.
  for (const job of watched()) soon(job);

  // Jobs that this reader looks at while they are under way.
  for (const { dataset } of document.querySelectorAll('[data-watch]')) {
    if (!watched().includes(dataset.watch)) watch([...watched(), dataset.watch].slice(-20));
  }
})();
