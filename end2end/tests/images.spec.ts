// Boot images: their list, the versions of one, and which a machine gets. Documents without a program: they follow what
// happens by a small script, and every form posts without one.

import { expect, test } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectLive, looks, named, watchErrors } from '../support/page.ts';

const image = 'pitstop-maintenance';

for (const look of looks) {
  test(`pages about images are alive, accessible, and fit, ${named(look)}`, async ({ browser }) => {
    const machine = await Machine.enrol('images-oak');
    const page = await (await browser.newContext(look)).newPage();
    const errors = watchErrors(page);
    for (const path of ['/images', `/images/${image}`, `/machines/${machine.id}/images`]) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expectLive(page);
      await page.evaluate(() => document.querySelectorAll('details').forEach((fold) => { fold.open = true; }));
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), path).toBeLessThanOrEqual(0);
      await expectAccessible(page);
    }
    expect(errors).toEqual([]);
  });
}

test('the only stable version stays, and it is said why; without a script, too', async ({ browser }) => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await (await browser.newContext({ javaScriptEnabled })).newPage();
    await page.goto('/images');
    await page.getByRole('link', { name: image, exact: true }).click();
    for (const act of ['Roll back to candidate', 'Remove']) {
      await page.getByText('Roll back or remove').first().click();
      await page.getByLabel('Why').first().fill('it is slow');
      await page.getByRole('button', { name: act }).first().click();
      await expect(page.getByRole('alert')).toContainText('the function inventory has no other version');
      await expect(page.getByLabel('Why').first()).toHaveValue('it is slow');
      await page.goto(`/images/${image}`);
    }
  }
});

test('notes are written, another page shows them by itself, and what is being written there stays', async ({ page, context }) => {
  const words = `boots slowly on some boards ${Date.now()}`;
  const other = await context.newPage();
  const writing = await context.newPage();
  for (const each of [page, other, writing]) {
    await each.goto(`/images/${image}`);
    await expectLive(each);
  }
  await writing.getByText('Roll back or remove').first().click();
  await writing.getByLabel('Why').first().fill('half a sent');
  await page.getByText(/^(Write|Change the) notes$/).first().click();
  await page.getByLabel('What people should know of this version').first().fill(words);
  await page.getByRole('button', { name: 'Save' }).first().click();
  await expect(page.locator('.image-notes').first()).toHaveText(words);
  await expect(other.locator('.image-notes').first()).toHaveText(words);
  await expect(writing.locator('.live')).toContainText('changed');
  await expect(writing.getByLabel('Why').first()).toHaveValue('half a sent');
  await page.goto('/audit');
  await expect(page.getByText('wrote notes on image version').first()).toBeVisible();
});

test('a machine says which version it would get, and what was looked at, before a job and on a page', async ({ page }) => {
  const machine = await Machine.enrol('images-elm');
  await machine.heartbeat();
  await page.goto(`/machines/${machine.id}`);
  await expectLive(page);
  const offer = page.locator('li.offer').filter({ hasText: 'Inventory' }).first();
  await offer.locator('summary').click();
  await expect(offer).toContainText('It has not booted from the network yet');
  await offer.getByRole('link', { name: /All checks/ }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Images for ${machine.name}`);
  const panel = page.locator('section.panel').filter({ hasText: 'Inventory' }).first();
  await expect(panel).toContainText('It would get pitstop-maintenance');
  await expect(panel.locator('[data-finding="note"]').first()).toBeVisible();
});
