// Every page renders, is accessible in light and in dark on a phone, and starts without errors.

import { expect, test, type Page } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectFits, expectLive, watchErrors } from '../support/page.ts';

let machine: Machine;

test.beforeAll(async () => {
  machine = await Machine.enrol('pages-oak');
  await machine.heartbeat();
});

const pages: { name: string; path: () => string; heading: RegExp }[] = [
  { name: 'fleet', path: () => '/', heading: /Fleet/ },
  { name: 'fleet, searched', path: () => `/?q=${machine.name}`, heading: /Fleet/ },
  { name: 'fleet, its grid by label', path: () => '/?view=grid&group=label', heading: /Fleet/ },
  { name: 'fleet, misread', path: () => '/?q=sitte:berlin', heading: /Fleet/ },
  { name: 'change machines', path: () => `/act?q=${machine.name}`, heading: /Change/ },
  { name: 'discovery', path: () => '/discovery', heading: /Discovery/ },
  { name: 'import', path: () => '/discovery/import', heading: /Import machines/ },
  { name: 'machine', path: () => `/machines/${machine.id}`, heading: /pages-oak/ },
  { name: 'power routes', path: () => `/machines/${machine.id}/routes`, heading: /Power routes of pages-oak/ },
  { name: 'a form for a route', path: () => `/machines/${machine.id}/routes?add=redfish`, heading: /Power routes/ },
  { name: 'alarms', path: () => '/alarms', heading: /Alarms/ },
  { name: 'jobs', path: () => '/jobs', heading: /Jobs/ },
  { name: 'runs', path: () => '/runs', heading: /Runs/ },
  { name: 'new run', path: () => `/runs/new?q=${machine.name}&function=memory-test`, heading: /New run/ },
  { name: 'help desk', path: () => '/helpdesk', heading: /Help desk/ },
  { name: 'help desk, searched', path: () => `/helpdesk?q=${machine.name}`, heading: /Help desk/ },
  { name: 'help desk of a machine', path: () => `/helpdesk/${machine.id}`, heading: /pages-oak/ },
  { name: 'a confirmation', path: () => `/helpdesk/${machine.id}?symptom=crashes`, heading: /pages-oak/ },
  { name: 'style guide', path: () => '/styleguide', heading: /Style guide/ },
  { name: 'images', path: () => '/images', heading: /Images/ },
];

// One load for all of it: a page takes longer to come alive than to be looked at.
for (const { name, path, heading } of pages) {
  test(`${name} renders, comes alive, and is accessible in light, and in dark on a phone`, async ({ page }) => {
    const errors = watchErrors(page);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(path());
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
    await expectLive(page);
    await expectAccessible(page);
    await expect(page).toHaveTitle(/.+ · Pitstop$/);
    expect(await shifts(page)).toBeLessThan(0.01);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    await expectFits(page);
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
}

test('a document that nothing happened to is fetched once', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await hears(page);
  await page.goto('/images');
  await expectLive(page);
  const other = await Machine.enrol('pages-ash');
  await expect.poll(async () => (await heard(page)).some((one) => one?.includes(other.id))).toBe(true);
  expect(await heard(page)).not.toContain(null);
  expect(asked.filter((path) => path === '/images')).toHaveLength(1);
});

test('a page that could not be fetched when something changed is fetched later, though nothing more is told', async ({ page }) => {
  const changing = await Machine.enrol('pages-yew');
  await page.goto(`/machines/${changing.id}`);
  await expectLive(page);
  let failures = 0;
  await page.route(`**/machines/${changing.id}`, async (route) => {
    if (route.request().resourceType() !== 'fetch' || failures > 0) return route.continue();
    failures += 1;
    return route.abort();
  });
  const head = page.locator('.page-head').first();
  await expect(head).not.toContainText('own system');
  await changing.heartbeat();
  await expect.poll(() => failures).toBe(1);
  await expect(head).toContainText('own system');
});

test('more pages are open in one browser than it has connections, and all follow what happens', async ({ context }) => {
  const open = await Promise.all(Array.from({ length: 8 }, () => context.newPage()));
  for (const page of open) {
    await hears(page);
    await page.goto('/images');
  }
  for (const page of open) await expectLive(page);
  const other = await Machine.enrol('pages-elm');
  for (const page of open) await expect.poll(async () => (await heard(page)).some((one) => one?.includes(other.id))).toBe(true);
});

test('a page that is not there says so, with its status', async ({ page }) => {
  const reply = await page.goto('/nowhere');
  expect(reply?.status()).toBe(404);
  await expect(page.getByRole('main')).toContainText(/not found|no such|is no/i);
});

test('the theme that was chosen stays', async ({ page }) => {
  await page.goto('/');
  await expectLive(page);
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect
    .poll(async () => (await page.context().cookies()).find((cookie) => cookie.name === 'theme')?.value)
    .toBe('dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

/** How far what was drawn first jumped when the rest came (cumulative layout shift). */
async function shifts(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((done) => {
        let sum = 0;
        const watch = new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) sum += entry.value;
        });
        watch.observe({ type: 'layout-shift', buffered: true });
        // What is buffered is told before the next frame.
        requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
      }),
  );
}

/** Keeps all that the page is told; `null`: it is not known what changed. */
async function hears(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const all: (string | null)[] = [];
    Object.assign(globalThis, { heard: all });
    document.addEventListener('pitstop:changed', (event) => all.push((event as CustomEvent<string | null>).detail));
  });
}

async function heard(page: Page): Promise<(string | null)[]> {
  return page.evaluate(() => (globalThis as unknown as { heard: (string | null)[] }).heard);
}
