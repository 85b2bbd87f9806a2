// The essentials work where no JavaScript runs: pages are whole, forms post.

import { expect, test } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { run, step } from '../support/page.ts';

test.use({ javaScriptEnabled: false });

test('a job is started by a form and followed by loading its page again', async ({ page }) => {
  const machine = await Machine.enrol('plain-ash');
  await machine.heartbeat();

  await page.goto(`/?q=${machine.name}`);
  await page.getByRole('link', { name: machine.name, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(machine.name);
  await run(page, 'Memory test');
  await expect(step(page, 'Located')).toHaveAttribute('data-state', 'done');
  await expect(step(page, 'Transferring')).toHaveAttribute('data-state', 'ahead');

  await machine.obey(await machine.awaitOrder());
  const maintenance = await machine.askHowToBoot();
  if (!maintenance) throw new Error('the machine was sent to its own system');
  await machine.fetchImage(maintenance);
  await expect(async () => {
    await page.reload();
    await expect(step(page, 'Transferring')).toHaveAttribute('data-state', 'done', { timeout: 1_000 });
  }).toPass();
});

test('a theme is chosen by a form', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});
