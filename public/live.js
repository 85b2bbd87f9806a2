// Follows what happens: fetches this page again when something that it shows changes, and copies what is to be copied.
// Without it the page shows the moment it was loaded.
const main = document.querySelector('main[data-live]');
const kinds = main.dataset.live.split(' ');
const mark = document.querySelector('.live');
const firstPause = 1000;
const longestPause = 30000;
let pause = firstPause;
let typed = false;
let fetching = false;
let again = false;

function say(status, words) {
  mark.dataset.status = status;
  mark.querySelector('.live-words').textContent = words;
}

// What somebody writes is not taken from under their hands.
main.addEventListener('input', () => { typed = true; });

// A button that goes while it is pressed does nothing.
let pressed = false;
document.addEventListener('pointerdown', () => { pressed = true; });
for (const end of ['pointerup', 'pointercancel']) {
  document.addEventListener(end, () => setTimeout(() => {
    pressed = false;
    if (again && !fetching) { again = false; refresh(); }
  }));
}

async function refresh() {
  if (typed) return say('loaded', 'changed: load again');
  if (pressed) { again = true; return; }
  if (fetching) { again = true; return; }
  fetching = true;
  try {
    const reply = await fetch(location.href, { headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await reply.text(), 'text/html').querySelector('main[data-live]');
    if (pressed) again = true;
    else if (page && !typed) put(page);
  } catch { /* the stream says that the line is lost */ }
  fetching = false;
  if (again && !pressed) { again = false; refresh(); }
}

// Folds stay as they are, and the focus where it is.
function put(page) {
  for (const fold of main.querySelectorAll('details[id]')) {
    const same = page.querySelector(`#${CSS.escape(fold.id)}`);
    if (same) same.open = fold.open;
  }
  const focused = main.contains(document.activeElement) ? document.activeElement.id : '';
  main.replaceChildren(...page.childNodes);
  if (focused) document.getElementById(focused)?.focus();
}

function follow() {
  const stream = new EventSource('/api/events');
  stream.onopen = () => {
    // What changed while the stream was lost nobody told us; nor what ended before it was open.
    if (pause !== firstPause || main.querySelector('[data-under-way]')) refresh();
    pause = firstPause;
    if (!typed) say('live', 'live');
  };
  stream.onmessage = (event) => { if (kinds.includes(JSON.parse(event.data).kind)) refresh(); };
  stream.addEventListener('resync', refresh);
  stream.onerror = () => {
    stream.close();
    say('lost', 'not live');
    pause = Math.min(pause * 2, longestPause);
    setTimeout(follow, pause);
  };
}
// A page that was posted and refused is not there to be fetched: it stays.
if (main.dataset.method !== 'post') follow();

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
