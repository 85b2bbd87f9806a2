// The frame of every page, with the program or without: the palette, keys that work everywhere, and how pages look.
// Without it forms and links do the same.
(() => {
  const soon = 1500; // Between G and its letter, in milliseconds: as long as one may think.
  const pause = 150; // Machines are looked for when nobody typed for so long, in milliseconds.
  const root = document.documentElement;
  const find = (selector) => document.querySelector(selector);

  // How it looks: at once, and kept as the same form keeps it without scripts (`Reply::set_cookie`): also where the page is
  // loaded anew in the next moment.
  function show(form, word) {
    const name = form.dataset.look;
    if (word === 'system' || word === 'comfortable') root.removeAttribute(`data-${name}`);
    else root.setAttribute(`data-${name}`, word);
    for (const button of form.querySelectorAll('button')) button.setAttribute('aria-pressed', button.value === word);
    document.cookie = `${name}=${word}; Path=/; Max-Age=31536000; SameSite=Lax`;
  }
  document.addEventListener('submit', (event) => {
    if (!event.target.matches('form[data-look]') || !event.submitter) return;
    event.preventDefault();
    show(event.target, event.submitter.value);
  });
  function look(name, word) {
    const form = find(`form[data-look="${name}"]`);
    if (form) show(form, word || form.querySelector('[aria-pressed="false"]').value);
  }

  // The program's router takes links of its own page; all others the browser loads.
  document.addEventListener('click', (event) => {
    const link = root.hasAttribute('data-program') && event.target.closest?.('a[href]');
    if (link && link.pathname !== '/') link.rel = 'external';
  }, true);

  // By a link, so that the program's router may take it.
  function go(path) {
    const link = document.createElement('a');
    link.href = path;
    link.hidden = true;
    document.body.append(link);
    link.click();
    link.remove();
  }

  function toSearch() {
    const field = document.getElementById('q');
    field?.focus();
    return !!field;
  }

  // The palette. `fixed`: what is always there, fetched when it is opened first; `machines`: found by what was typed.
  let fixed = null;
  let machines = [];
  let options = [];
  let at = 0;
  let wait = 0;
  let entered = false;

  async function fetched(query) {
    const reply = await fetch(`/palette${query}`, { headers: { accept: 'text/html' } });
    // Whoever is not in any more is led to the page to come in by.
    if (reply.status === 401 || reply.redirected) return location.reload(), [];
    if (!reply.ok) return [];
    const page = new DOMParser().parseFromString(`<ul>${await reply.text()}</ul>`, 'text/html');
    return [...page.querySelectorAll('[role=option]')];
  }

  async function open() {
    const dialog = find('#palette');
    if (!dialog || dialog.open) return;
    const field = find('#palette-field');
    field.value = '';
    machines = [];
    at = 0;
    entered = false;
    dialog.showModal();
    field.focus();
    draw();
    if (!fixed) {
      fixed = await fetched('').catch(() => []);
      draw();
      if (entered) choose(at);
    }
  }

  // Those in which every word that was typed begins a word; first those that begin with what was typed.
  function fitting(typed) {
    const words = typed.split(/\s+/).filter(Boolean);
    const fits = (option) => words.every((word) => option.dataset.text.split(/\s+/).some((own) => own.startsWith(word)));
    const begins = (option) => typed !== '' && option.dataset.text.startsWith(typed);
    const found = (fixed ?? []).filter(fits);
    return [...found.filter(begins), ...found.filter((option) => !begins(option)), ...machines];
  }

  function draw() {
    const list = find('#palette-list');
    options = fitting(find('#palette-field').value.trim().toLowerCase());
    const drawn = [];
    let group = '';
    options.forEach((option, n) => {
      if (option.dataset.group !== group) drawn.push(line('palette-group', (group = option.dataset.group)));
      option.id = `palette-${n}`;
      option.onclick = () => choose(n);
      option.onmousemove = () => at !== n && mark(n);
      drawn.push(option);
    });
    if (!drawn.length && fixed) drawn.push(line('palette-none', 'Nothing fits. Machines are found by name, serial, address, site or label.'));
    list.replaceChildren(...drawn);
    mark(Math.min(at, Math.max(options.length - 1, 0)));
  }

  function line(kind, words) {
    const item = document.createElement('li');
    item.className = kind;
    item.role = 'presentation';
    item.textContent = words;
    return item;
  }

  function mark(n) {
    at = n;
    options.forEach((option, other) => option.setAttribute('aria-selected', other === n));
    const field = find('#palette-field');
    if (options.length) field.setAttribute('aria-activedescendant', `palette-${n}`);
    else field.removeAttribute('aria-activedescendant');
  }

  function choose(n) {
    const option = options[n];
    if (!option) return;
    find('#palette').close();
    const { go: path, look: word, search } = option.dataset;
    if (path !== undefined) go(path);
    else if (word !== undefined) look(...word.split(' '));
    else if (search !== undefined) toSearch();
  }

  function typed() {
    at = 0;
    entered = false;
    draw();
    clearTimeout(wait);
    wait = setTimeout(lookForMachines, pause);
  }

  async function lookForMachines() {
    const field = find('#palette-field');
    const words = field.value.trim();
    const found = words.length < 2 ? [] : await fetched(`?q=${encodeURIComponent(words)}`).catch(() => []);
    if (field.value.trim() !== words) return;
    machines = found;
    draw();
    if (entered) choose(at);
  }

  function walk(event) {
    const n = Math.max(options.length, 1);
    if (event.key === 'ArrowDown') mark((at + 1) % n);
    else if (event.key === 'ArrowUp') mark((at + n - 1) % n);
    else if (event.key === 'Enter') {
      // What is not there yet is chosen when it comes.
      entered = !options.length;
      choose(at);
    } else return;
    event.preventDefault();
    options[at]?.scrollIntoView({ block: 'nearest' });
  }

  document.addEventListener('click', (event) => { if (event.target.closest?.('.jump')) open(); });
  document.addEventListener('input', (event) => { if (event.target.id === 'palette-field') typed(); });

  // Keys. Letters that are written are no commands.
  let began = -Infinity;
  const writing = () => /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName) || !!find('dialog[open]');
  document.addEventListener('keydown', (event) => {
    if (event.target.id === 'palette-field') walk(event);
    const key = event.key.toLowerCase();
    if (key === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      return open();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || writing()) return;
    const now = performance.now();
    const after = now - began < soon;
    began = -Infinity;
    const keys = (find('#palette')?.dataset.keys ?? '').split(' ');
    const place = after ? keys.indexOf(key) : -1;
    if (place >= 0 && place % 2 === 0) {
      event.preventDefault();
      return go(keys[place + 1]);
    }
    if (key === 'g') began = now;
    else if (key === '/') {
      event.preventDefault();
      if (!toSearch()) open();
    }
  });

  // Dialogs, where the browser does not know `command` yet.
  document.addEventListener('click', (event) => {
    const opener = event.target.closest?.('button[command="show-modal"]');
    const dialog = opener && !('command' in HTMLButtonElement.prototype) && document.getElementById(opener.getAttribute('commandfor'));
    if (dialog && !dialog.open) dialog.showModal();
  });
})();
