// Drags in the days of the timetable: an occurrence to another day, a new schedule over some days, the end of a blackout to
// a later day. Each has a form that does the same, so nothing is lost without this, or by keyboard.
const table = document.querySelector('.days[data-zone]');
const say = document.getElementById('drag-says');
// Less is a click with an unsteady hand.
const firmly = 6;
let drag = null;
// The click that ends a drag follows no link.
let dragged = false;

const dayAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest('td[data-date]');
const days = () => [...table.querySelectorAll('td[data-date]')];
const between = (one, other) => {
  const [first, last] = [one.dataset.date, other.dataset.date].sort();
  return days().filter((day) => day.dataset.date >= first && day.dataset.date <= last);
};

function begin(event) {
  dragged = false;
  // A finger scrolls.
  if (event.button !== 0 || event.pointerType === 'touch') return;
  const from = event.target.closest('td[data-date]');
  if (!from) return;
  const edge = event.target.closest('[data-stretches]');
  const entry = event.target.closest('.day-entry');
  if (entry && !entry.dataset.moves) return;
  if (!edge && !entry && event.target.closest('a, button')) return;
  drag = { from, to: from, entry, edge, x: event.clientX, y: event.clientY, firm: false };
  if (edge) event.preventDefault();
}

function move(event) {
  if (!drag) return;
  if (!drag.firm) {
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < firmly) return;
    drag.firm = true;
    table.setPointerCapture(event.pointerId);
    table.classList.add('dragging');
  }
  event.preventDefault();
  drag.to = dayAt(event) ?? drag.to;
  show();
}

function show() {
  const marked = drag.entry ? [drag.to] : between(drag.from, drag.to);
  for (const day of days()) day.toggleAttribute('data-marked', marked.includes(day));
}

function clear() {
  table.classList.remove('dragging');
  for (const day of days()) day.removeAttribute('data-marked');
  drag = null;
}

function end() {
  if (!drag) return;
  const done = drag;
  clear();
  if (!done.firm) return;
  dragged = true;
  const [from, to] = [done.from.dataset.date, done.to.dataset.date];
  if (done.entry) {
    if (from !== to) post(`/schedules/${done.entry.dataset.moves}/move`, {
      recurrence: done.entry.dataset.recurrence,
      to: `${to}T${done.entry.dataset.clock.padStart(5, '0')}`,
    });
  } else if (done.edge) {
    if (from !== to) post(`/schedules/times/${done.edge.dataset.stretches}/stretch`, { until: to });
  } else {
    const [first, last] = [from, to].sort();
    const several = first === last ? { repeat: 'once' } : { repeat: 'daily', until: last };
    location.href = `/schedules/new?${new URLSearchParams({ date: first, zone: table.dataset.zone, ...several })}`;
  }
}

async function post(path, fields) {
  const body = new URLSearchParams({ ...fields, zone: table.dataset.zone });
  try {
    const reply = await fetch(path, { method: 'POST', body });
    if (reply.ok) return location.reload();
    const page = new DOMParser().parseFromString(await reply.text(), 'text/html');
    tell(page.querySelector('[role="alert"] p, .trouble p')?.textContent ?? 'It was not done.');
  } catch {
    tell('The server did not answer.');
  }
}

function tell(words) {
  say.hidden = false;
  say.querySelector('p').textContent = words;
}

table.addEventListener('pointerdown', begin);
table.addEventListener('pointermove', move);
table.addEventListener('pointerup', end);
table.addEventListener('pointercancel', () => drag && clear());
addEventListener('keydown', (event) => { if (event.key === 'Escape' && drag) clear(); });
table.addEventListener('click', (event) => { if (dragged) event.preventDefault(); dragged = false; }, true);
// The browser's own dragging of links.
table.addEventListener('dragstart', (event) => event.preventDefault());
