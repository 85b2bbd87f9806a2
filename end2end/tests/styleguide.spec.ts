// All parts in all their states: accessible, reached by keyboard, and they look as they did.

import { expect, test } from '@playwright/test';
import { expectAccessible, expectFits, expectLive, watchErrors } from '../support/page.ts';

/** The moment of the samples. */
const moment = new Date('2024-10-04T09:00:00Z');

test.use({ timezoneId: 'UTC', locale: 'en-GB' });

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [390, 1280]) {
    test(`the parts look as they did, ${colorScheme}, ${width} px`, async ({ browser }) => {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, timezoneId: 'UTC', locale: 'en-GB', reducedMotion: 'reduce' });
      const page = await context.newPage();
      const errors = watchErrors(page);
      await page.clock.setFixedTime(moment);
      // Once to have the fonts, and once with them.
      for (let load = 0; load < 2; load++) {
        await page.goto('/styleguide');
        await expectLive(page);
        await page.evaluate(() => Promise.all(['400 14px Inter', '600 14px Inter', '14px "JetBrains Mono"'].map((font) => document.fonts.load(font))));
      }
      await expectFits(page);
      await expectAccessible(page);
      expect(errors).toEqual([]);
      // The frame would lie over the parts.
      await page.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync('.top, .alarm-bar, .toasts { display: none !important }');
        document.adoptedStyleSheets = [sheet];
      });
      await expect(page.locator('.guide')).toHaveScreenshot(`parts-${colorScheme}-${width}.png`);
      await context.close();
    });
  }
}

test('a dialog opens by keyboard, keeps the focus, and gives it back', async ({ page }) => {
  await page.goto('/styleguide');
  await expectLive(page);
  const opener = page.getByRole('button', { name: 'Open a dialog' });
  await opener.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Restart 12 machines?' });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  for (let n = 0; n < 6; n++) await page.keyboard.press('Tab');
  await expect(dialog.locator(':focus').or(page.locator('body:focus'))).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
});

test('a table is sorted and paged by links, with and without the program of the page', async ({ page }) => {
  await page.goto('/styleguide');
  const first = page.locator('#tables tbody th').first();
  await expect(first).toHaveText('build-1');
  await page.getByRole('link', { name: 'Memory' }).click();
  await expect(page).toHaveURL(/sort=memory/);
  await page.getByRole('link', { name: 'Memory' }).click();
  await expect(first).toHaveText('srv-001');
  await expect(page.getByRole('columnheader', { name: 'Memory' })).toHaveAttribute('aria-sort', 'descending');
  await page.getByRole('link', { name: 'Next' }).click();
  await expect(page.locator('#tables')).toContainText('5 to 8 of 10 machines');
  await page.getByRole('link', { name: 'Held' }).click();
  await expect(page.getByRole('link', { name: 'Held' })).toHaveAttribute('aria-current', 'page');
});

test('durations are counted on in the words of the server', async ({ page, browser }) => {
  const without = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await without.goto('/styleguide');
  await page.goto('/styleguide');
  await expectLive(page);
  for (const kind of ['[data-as="ago"]', '[data-since]', '[data-until]']) {
    const times = (on: typeof page) => on.locator('.guide').locator(kind).allTextContents();
    const said = await times(without);
    expect(said.length).toBeGreaterThan(0);
    expect(await times(page)).toEqual(said);
  }
  await without.context().close();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('sort and pages are links, and a dialog opens', async ({ page }) => {
    await page.goto('/styleguide');
    await page.getByRole('link', { name: 'Memory' }).click();
    await expect(page.getByRole('columnheader', { name: 'Memory' })).toHaveAttribute('aria-sort', 'ascending');
    await page.getByRole('button', { name: 'Open a dialog' }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
  });
});
