// The whole trip of a machine, seen on the job's page as it happens, without loading it again.

import { expect, test } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectLive, run, step } from '../support/page.ts';

test('the stepper follows the trip by itself, and says no more than was seen', async ({ page }) => {
  const machine = await Machine.enrol('trip-elm');
  await machine.heartbeat();

  await page.goto(`/machines/${machine.id}`);
  await expectLive(page);
  await run(page, 'Memory test');
  await expectLive(page);
  // Would be gone after a reload.
  await page.evaluate(() => ((window as unknown as Record<string, unknown>).notReloaded = true));

  await expect(step(page, 'Located')).toHaveAttribute('data-state', 'done');
  await expect(step(page, 'Restarting')).toHaveAttribute('data-state', 'now');
  await expect(step(page, 'Transferring')).toHaveAttribute('data-state', 'ahead');

  await machine.obey(await machine.awaitOrder());
  const maintenance = await machine.askHowToBoot();
  if (!maintenance) throw new Error('the machine was sent to its own system');
  await expect(step(page, 'Restarting')).toHaveAttribute('data-state', 'done');

  const bytes = await machine.fetchImage(maintenance);
  expect(bytes).toBeGreaterThan(1024 ** 2);
  await expect(step(page, 'Transferring')).toHaveAttribute('data-state', 'done');
  // A fetched image is not a running one.
  await expect(step(page, 'Working')).toHaveAttribute('data-state', 'ahead');

  await machine.report(maintenance, { permille: 430, text: 'pattern 3 of 7' });
  await expect(step(page, 'Working')).toHaveAttribute('data-state', 'now');
  await expect(step(page, 'Working')).toContainText('43');
  await expect(step(page, 'Working')).toContainText('pattern 3 of 7');
  await expectAccessible(page);

  const ended = { outcome: 'succeeded' as const, summary: '1 pass over 64 MiB, no error', report: { errors: 0 }, inventory: null };
  let order = await machine.report(maintenance, { ended, waitSeconds: 20 });
  await expect(page.getByRole('heading', { name: /all is well/ })).toBeVisible();
  await expect(step(page, 'Returning')).toHaveAttribute('data-state', 'now');
  // Restarted is not returned.
  await expect(step(page, 'Back')).not.toHaveAttribute('data-state', 'done');

  order ??= await machine.report(maintenance, { waitSeconds: 20 });
  if (!order) throw new Error('the machine was not sent home');
  await machine.obey(order, maintenance.token);
  expect(await machine.askHowToBoot()).toBeNull();
  await expect(step(page, 'Back')).not.toHaveAttribute('data-state', 'done');

  await machine.heartbeat();
  await expect(step(page, 'Back')).toHaveAttribute('data-state', 'done');
  await expect(step(page, 'Back')).toContainText('its own system reported a new boot');
  await expect(page.getByText('1 pass over 64 MiB, no error').first()).toBeVisible();
  await expectAccessible(page);

  expect(await page.evaluate(() => (window as unknown as Record<string, unknown>).notReloaded)).toBe(true);
});
