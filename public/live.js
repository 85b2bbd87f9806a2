// Keeps a document as things are by now: fetches it again when something that it shows changes, sends its forms without
// leaving it, and copies what is to be copied. Without it the page shows the moment it was loaded, and forms do the same.
(() => {
  const main = document.getElementById('main');
  // A page that was posted and refused is not there to be fetched: it stays.
  const stays = main.dataset.method === 'post';
  const paces = { one: 250, many: 1500 }; // Milliseconds from one drawing to the next.
  const retry = 5000; // Until a page that could not be fetched is asked for again: nobody tells of that change once more.
  const tell = (name) => document.dispatchEvent(new Event(name));
  const read = (text) => new DOMParser().parseFromString(text, 'text/html').getElementById('main');

  // A refusal stands in the address (`__path`, `__err`): it stays to be read, and not in the bar or in a bookmark.
  let address = location.href;
  function clean(url) {
    const shown = new URL(url);
    for (const name of ['__path', '__err']) shown.searchParams.delete(name);
    return shown.href;
  }
  if (clean(address) !== address) history.replaceState(history.state, '', clean(address));

  // What the page follows: `kind` for all of a kind, `kind:id` for one of them.
  let follows = new Set();
  let pace = paces.one;
  function look() {
    const marks = [...main.querySelectorAll('[data-follow]')];
    follows = new Set([...(main.dataset.live ?? '').split(' '), ...marks.map(({ dataset }) => dataset.follow)].filter(Boolean));
    pace = marks.some((mark) => mark.hasAttribute('data-many')) ? paces.many : paces.one;
  }
  // Without an id it is many of a kind at once.
  const concerns = ({ kind, id }) => follows.has(kind) || (id ? follows.has(`${kind}:${id}`) : [...follows].some((one) => one.startsWith(`${kind}:`)));
  look();

  // What somebody writes is not taken from under their hands, nor a button while it is pressed: it would do nothing.
  let typed = false;
  let pressed = false;
  main.addEventListener('input', () => { typed = true; });
  document.addEventListener('pointerdown', () => { pressed = true; });
  for (const end of ['pointerup', 'pointercancel']) {
    document.addEventListener(end, () => setTimeout(() => {
      pressed = false;
      if (again) soon();
    }));
  }

  let fetching = false;
  let again = false;
  let sent = 0;
  let last = -Infinity;
  let timer = 0;
  function soon() {
    again = true;
    if (fetching || pressed || timer) return;
    timer = setTimeout(() => { timer = 0; refresh(); }, Math.max(0, last + pace - performance.now()));
  }

  async function refresh() {
    if (pressed) return;
    if (typed) return tell('pitstop:stale');
    fetching = true;
    again = false;
    last = performance.now();
    const before = sent;
    try {
      const reply = await fetch(address, { headers: { accept: 'text/html' } });
      // Whoever is not in any more is led to the page to come in by.
      if (reply.redirected && new URL(reply.url).pathname !== location.pathname) return location.reload();
      if (reply.status >= 500) setTimeout(soon, retry);
      const page = reply.ok && read(await reply.text());
      if (pressed) again = true;
      else if (page && !typed && before === sent) put(page, true);
    } catch {
      setTimeout(soon, retry);
    }
    fetching = false;
    if (again) soon();
  }

  // What is the same stays: the focus, what is selected, how far a list is scrolled, and with `folds` what is open.
  function put(page, folds, form) {
    window.pitstopTimes?.(page);
    if (form) keep(form, page);
    window.Idiomorph.morph(main, [...page.childNodes], {
      morphStyle: 'innerHTML',
      callbacks: {
        beforeAttributeUpdated: (name, node) => !(name === 'open' && (node.tagName === 'DIALOG' || (folds && node.tagName === 'DETAILS'))),
      },
    });
    look();
    if (!typed) tell('pitstop:fresh');
  }

  // What was filled in stays where it was refused.
  function keep(form, page) {
    const same = [...page.querySelectorAll('form')].filter((other) => other.getAttribute('action') === form.getAttribute('action'));
    const there = same.find((other) => hidden(other) === hidden(form)) ?? same[0];
    for (const field of form.elements) {
      const twin = field.name && [...(there?.elements ?? [])].find((other) => other.name === field.name && other.type === field.type && (!/^(radio|checkbox)$/.test(field.type) || other.value === field.value));
      if (!twin || /^(hidden|submit|password|file)$/.test(field.type)) continue;
      if (field.type === 'checkbox' || field.type === 'radio') twin.toggleAttribute('checked', field.checked);
      else if (field.tagName === 'SELECT') for (const option of twin.options) option.toggleAttribute('selected', option.value === field.value);
      else if (field.tagName === 'TEXTAREA') twin.textContent = field.value;
      else twin.setAttribute('value', field.value);
    }
  }
  const hidden = (form) => JSON.stringify([...form.elements].filter((field) => field.type === 'hidden').map((field) => [field.name, field.value]));

  // Forms of this page, sent without leaving it.
  async function send(form, presser) {
    form.setAttribute('aria-busy', 'true');
    sent += 1;
    let reply;
    try {
      reply = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form, presser)), headers: { accept: 'text/html' } });
    } catch {
      form.removeAttribute('aria-busy');
      return unanswered(form);
    }
    const there = new URL(reply.url);
    if (there.pathname !== location.pathname) return location.assign(clean(there));
    const page = read(await reply.text());
    if (!page) return location.assign(clean(there));
    const refused = there.searchParams.has('__err');
    typed = refused && typed;
    address = there.href;
    history.replaceState(history.state, '', clean(there));
    form.removeAttribute('aria-busy');
    put(page, refused, refused ? form : undefined);
    // What was pressed may be gone: the keyboard goes on where something is said, or at the page's beginning.
    if (document.activeElement === document.body || refused) (main.querySelector('[aria-invalid="true"]') ?? main).focus({ preventScroll: true });
    if (refused) main.querySelector('[role="alert"], .field-error')?.scrollIntoView({ block: 'nearest' });
  }

  function unanswered(form) {
    form.querySelector('.unanswered')?.remove();
    const words = document.createElement('p');
    words.className = 'notice bad unanswered';
    words.setAttribute('role', 'alert');
    words.textContent = 'The server did not answer: it is not known whether this was done. What you filled in is kept. Look before you press again.';
    form.prepend(words);
  }

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || !main.contains(form) || form.method !== 'post' || form.enctype !== 'application/x-www-form-urlencoded') return;
    const action = new URL(event.submitter?.getAttribute('formaction') ?? form.action, location.href);
    if (action.origin !== location.origin || !action.pathname.startsWith('/api/') || event.submitter?.hasAttribute('formaction')) return;
    event.preventDefault();
    if (form.getAttribute('aria-busy') !== 'true') send(form, event.submitter);
  });

  if (!stays) {
    document.addEventListener('pitstop:changed', ({ detail }) => {
      const changed = detail && JSON.parse(detail);
      if (changed ? concerns(changed) : follows.size) soon();
    });
  }

  // By a selected field: `navigator.clipboard` is missing where the dashboard is reached by plain HTTP.
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('[data-copy]');
    if (!button) return;
    const field = document.createElement('textarea');
    field.value = button.dataset.copy;
    field.className = 'sr-only';
    document.body.append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    button.focus();
    button.querySelector('[aria-live]').textContent = copied ? 'Copied' : 'Select the text: the browser did not copy';
  });
})();
