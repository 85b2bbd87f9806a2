// What the fleet's first page costs in Chromium, and how soon its map answers: `cargo xtask bench first-page`.
// Figures, never a test: they depend on the machine and on what else it does.

import { chromium } from '@playwright/test';

const address = process.argv[2];
/** Of so many loads, the median. */
const LOADS = 7;
/** What the benchmark lets in, as `server/tests/support/database.rs` has it. */
const headers = { authorization: 'Bearer pitstop_of_the_tests' };
const VIEWS = { map: '/?view=grid', list: '/?view=table', 'one machine': '/machines/00000000-0000-4000-8000-000000000007' };

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Notes what the browser knows of itself, from before the page's first byte. */
function watch() {
  window.watched = { shift: 0, tasks: [] };
  const note = (type, act) => new PerformanceObserver((list) => list.getEntries().forEach(act)).observe({ type, buffered: true });
  note('layout-shift', (entry) => { if (!entry.hadRecentInput) window.watched.shift += entry.value; });
  note('longtask', (entry) => window.watched.tasks.push(entry.duration));
  note('paint', (entry) => { window.watched[entry.name] = entry.startTime; });
}

/** From before the page's first byte: presses an arrow on the map until it answers, and notes when that was. */
function press() {
  const until = () => {
    const map = document.querySelector('svg[role=application]');
    map?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    if (map?.querySelector('rect[x]')) window.answered = performance.now();
    else setTimeout(until, 4);
  };
  until();
}

/** How long after the page's first byte the map answered, and how long a press takes. */
async function pressed() {
  const frame = () => new Promise((drawn) => requestAnimationFrame(() => drawn()));
  while (!window.answered) await frame();
  const alive = window.answered - performance.getEntriesByType('navigation')[0].responseStart;
  const map = document.querySelector('svg[role=application]');
  const press = (key) => map.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  const takes = [];
  for (let at = 0; at < 20; at += 1) {
    const begins = performance.now();
    press('ArrowRight');
    await frame();
    takes.push(performance.now() - begins);
  }
  return { alive, press: takes.sort((a, b) => a - b)[10] };
}

async function load(browser, path, isMap) {
  const context = await browser.newContext({ extraHTTPHeaders: headers, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const kinds = new Map();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  const asked = new Map();
  cdp.on('Network.responseReceived', ({ requestId, response, type }) => asked.set(requestId, response.mimeType === 'application/wasm' ? 'wasm' : type));
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const kind = asked.get(requestId) ?? 'Other';
    kinds.set(kind, (kinds.get(kind) ?? 0) + encodedDataLength);
  });
  await page.addInitScript(watch);
  if (isMap) await page.addInitScript(press);
  await page.goto(address + path);
  const answers = isMap ? await page.evaluate(pressed) : {};
  // Alive: what is live has said so.
  await page.waitForFunction(() => document.querySelector('.live')?.dataset.status === 'live');
  await page.waitForTimeout(1500);
  const watched = await page.evaluate(() => window.watched);
  await context.close();
  return { kinds, answers, watched };
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
for (const [name, path] of Object.entries(VIEWS)) {
  const loads = [];
  for (let at = 0; at < LOADS; at += 1) loads.push(await load(browser, path, name === 'map'));
  const { kinds } = loads[0];
  const all = [...kinds.values()].reduce((sum, bytes) => sum + bytes, 0);
  const shown = [...kinds].sort((a, b) => b[1] - a[1]).map(([kind, bytes]) => `${kind.toLowerCase()} ${(bytes / 1000).toFixed(1)}`).join(', ');
  const of = (pick) => median(loads.map(pick));
  console.log(`${name}: ${(all / 1000).toFixed(1)} kB over the wire (${shown})`);
  console.log(`  first contentful paint ${of((l) => l.watched['first-contentful-paint'] ?? 0).toFixed(0)} ms, layout shift at most ${Math.max(...loads.map((l) => l.watched.shift)).toFixed(4)}, longest task ${of((l) => Math.max(0, ...l.watched.tasks)).toFixed(0)} ms`);
  if (name === 'map') console.log(`  answers a key ${of((l) => l.answers.alive).toFixed(0)} ms after the page's first byte; then each press is drawn after ${of((l) => l.answers.press).toFixed(1)} ms`);
}
await browser.close();
