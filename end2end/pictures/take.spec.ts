// What README and docs show. Fake machines, real pages.

import { expect, test, type Page } from '@playwright/test';

const folder = '../docs/pictures';
const job = (n: number) => `/jobs/20000000-0000-4000-8000-00000000000${n}`;
const machine = (n: number) => `10000000-0000-4000-8000-00000000000${n}`;

async function take(page: Page, path: string, name: string): Promise<void> {
  // Once more with the fonts in the cache.
  for (let load = 0; load < 2; load++) {
    await page.goto(path, { waitUntil: 'domcontentloaded' });
    await expect(page.locator('.live')).toHaveAttribute('data-status', 'live');
    await page.evaluate(() => document.fonts.ready);
  }
  await page.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled' });
}

test.describe('on a desk', () => {
  test.use({ viewport: { width: 1280, height: 950 } });

  test('fleet', ({ page }) => take(page, '/', 'fleet'));
  test('job', ({ page }) => take(page, job(0), 'job'));
  test('run', async ({ page }) => {
    await page.goto('/runs', { waitUntil: 'domcontentloaded' });
    const path = await page.locator('table a').first().getAttribute('href');
    await take(page, path ?? '/runs', 'run');
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 1.5 });

  test('help desk: symptoms', ({ page }) => take(page, `/helpdesk/${machine(6)}`, 'helpdesk-symptoms'));
  test('help desk: confirmation', ({ page }) => take(page, `/helpdesk/${machine(6)}?symptom=crashes`, 'helpdesk-confirm'));
  test('help desk: result', ({ page }) => take(page, `${job(2).replace('jobs', 'helpdesk/repair')}?symptom=crashes`, 'helpdesk-result'));
});
