// A run: what would happen is told before it does, and its page follows it by itself.

import { expect, test } from '@playwright/test';
import { randomBytes } from 'node:crypto';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectLive, watchErrors } from '../support/page.ts';

/** Machines that one search finds, and no other. */
async function machines(count: number): Promise<{ prefix: string; all: Machine[] }> {
  const prefix = `run-${randomBytes(3).toString('hex')}`;
  const all: Machine[] = [];
  for (let n = 0; n < count; n++) {
    const machine = await Machine.enrol(prefix);
    await machine.heartbeat();
    all.push(machine);
  }
  return { prefix, all };
}

test('a run is planned from the fleet, started, and followed until its canary is on its way', async ({ page }) => {
  const errors = watchErrors(page);
  const { prefix, all } = await machines(3);

  await page.goto(`/?q=${prefix}`);
  await page.getByRole('link', { name: 'Run a function on these' }).click();
  await expect(page.getByLabel(/fleet's search/)).toHaveValue(prefix);
  await page.getByRole('radio', { name: /^Memory test/ }).check();
  await page.getByLabel('At once in all').fill('1');
  await page.getByRole('button', { name: 'Show what would happen' }).click();
  const would = page.getByRole('region', { name: 'What would happen' });
  await expect(would).toContainText('3 machines, 1 at once at most');
  await expect(would.getByRole('row', { name: /Canary/ })).toContainText('1');
  await expectAccessible(page);
  await page.getByRole('button', { name: /^Run memory test on 3 machines/ }).click();

  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Memory test on 3 machines');
  await expectLive(page);
  const tiles = page.getByRole('list', { name: 'Machines by how far they are' });
  await expect(tiles.getByRole('link', { name: /under way/ })).toContainText('1');
  await expect(page.getByRole('region', { name: 'What it waits for' })).toContainText('The canary: 0 of 1 machine');
  await expectAccessible(page);

  // Whichever is the canary takes its order; the page of its job names the run.
  await page.getByRole('link', { name: 'job', exact: true }).click();
  await expect(page.getByRole('link', { name: 'a run' })).toBeVisible();
  await page.getByRole('link', { name: 'a run' }).click();

  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
  await page.getByText('Cancel this run').click();
  await page.getByRole('button', { name: /take back the jobs under way/ }).click();
  await expect(tiles.getByRole('link', { name: /skipped/ })).toContainText('2');
  expect(all).toHaveLength(3);
  expect(errors).toEqual([]);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a run is planned, started and paused by forms', async ({ page }) => {
    const { prefix } = await machines(2);
    await page.goto(`/runs/new?q=${prefix}`);
    await page.getByRole('radio', { name: /^Inventory/ }).check();
    await page.getByRole('button', { name: 'Show what would happen' }).click();
    await page.getByRole('button', { name: /^Run inventory on 2 machines/ }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Inventory on 2 machines');
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect(async () => {
      await page.reload();
      await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible({ timeout: 1_000 });
    }).toPass();
  });
});
