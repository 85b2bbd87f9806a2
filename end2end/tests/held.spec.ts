// A job that could not prove its machine's return waits for a person; every page says so.

import { expect, test } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectLive, run, step } from '../support/page.ts';

test('a held job raises an alarm, is looked after, and comes home by the route that a person chose', async ({ page, request }) => {
  const machine = await Machine.enrol('held-elm');
  await machine.heartbeat();
  const data = { routes: [{ kind: 'agent' }, { kind: 'person' }] };
  expect((await request.put(`/api/v1/machines/${machine.id}/routes`, { data })).status()).toBe(200);
  await page.goto(`/machines/${machine.id}`);
  await expectLive(page);
  await run(page, 'Memory test');
  const job = page.url();
  await machine.obey(await machine.awaitOrder());
  const maintenance = await machine.askHowToBoot();
  if (!maintenance) throw new Error('the machine was sent to its own system');
  const ended = { outcome: 'succeeded' as const, summary: 'no error', report: {}, inventory: null };
  const orderHome = async () => {
    for (let tries = 0; tries < 5; tries++) {
      const order = await machine.report(maintenance, { ended, waitSeconds: 10 });
      if (order) return order;
    }
    throw new Error('the machine was not sent home');
  };
  // The ladder is climbed twice, then a person is asked.
  for (let attempt = 0; attempt < 2; attempt++) {
    await machine.refuse(await orderHome(), 'the disk is busy', maintenance.token);
  }
  await page.getByRole('button', { name: /^I cannot/ }).click();

  const decision = page.locator('section.held');
  await expect(decision.getByRole('heading', { name: 'Your decision' })).toBeVisible();
  await expect(decision).toContainText('the disk is busy');
  await expect(page.locator('.alarm-bar')).toContainText('a person');
  await expectAccessible(page);

  await page.locator('.alarm-bar a').click();
  const alarm = page.locator('li.alarm').filter({ hasText: machine.name });
  await alarm.getByRole('button', { name: 'I look after it' }).click();
  await expect(alarm).toContainText('looks after it');
  await expectAccessible(page);

  await page.goto(job);
  await expectLive(page);
  await decision.getByText('Give up', { exact: true }).click();
  await expect(decision.getByRole('button', { name: 'Give up and close the job' })).toBeVisible();
  await decision.getByRole('button', { name: /^Restart by the agent/ }).click();
  await expect(decision).toHaveCount(0);
  await machine.obey(await orderHome(), maintenance.token);
  expect(await machine.askHowToBoot()).toBeNull();
  await machine.heartbeat();
  await expect(step(page, 'Back')).toHaveAttribute('data-state', 'done');
});
