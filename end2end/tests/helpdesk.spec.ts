// Somebody rings: find the machine, press the symptom, confirm, follow, copy. By keyboard only, on a desk and on a phone.

import { expect, test, type Page } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectFits, expectLive, step, tabTo, watchErrors } from '../support/page.ts';

/** The machine does what a memory test asks of it, while the page looks on. */
async function makeTheTrip(page: Page, machine: Machine): Promise<void> {
  await machine.obey(await machine.awaitOrder());
  const maintenance = await machine.askHowToBoot();
  if (!maintenance) throw new Error('the machine was sent to its own system');
  await machine.fetchImage(maintenance);
  await expect(step(page, 'Transferring')).toHaveAttribute('data-state', 'done');
  await machine.report(maintenance, { permille: 430, text: 'pattern 3 of 7' });
  await expect(step(page, 'Working')).toContainText('43 %');
  const ended = { outcome: 'found' as const, summary: '3 differing words', report: {}, inventory: null };
  let order = await machine.report(maintenance, { ended, waitSeconds: 20 });
  await expect(step(page, 'Returning')).toHaveAttribute('data-state', 'now');
  order ??= await machine.report(maintenance, { waitSeconds: 20 });
  if (!order) throw new Error('the machine was not sent home');
  await machine.obey(order, maintenance.token);
  expect(await machine.askHowToBoot()).toBeNull();
  await machine.heartbeat();
}

for (const { name, viewport } of [
  { name: 'on a desk', viewport: { width: 1280, height: 900 } },
  { name: 'on a phone', viewport: { width: 390, height: 844 } },
]) {
  test.describe(name, () => {
    test.use({ viewport });

    test('a machine is repaired by keyboard alone, and the ticket gets its card', async ({ page }) => {
      const errors = watchErrors(page);
      const machine = await Machine.enrol('desk-fir');
      await machine.heartbeat();
      await page.goto('/helpdesk');
      await expectLive(page);
      await expectAccessible(page);

      await page.getByRole('searchbox', { name: 'Find a machine' }).focus();
      await page.keyboard.type(machine.serial.toLowerCase());
      await page.keyboard.press('Enter');
      const found = page.getByRole('link', { name: machine.name });
      await expect(found).toContainText(`serial ${machine.serial}`);
      await expectFits(page);
      await tabTo(page, found);
      await page.keyboard.press('Enter');

      await expect(page.getByRole('heading', { level: 1 })).toHaveText(machine.name);
      await expect(page).toHaveTitle(new RegExp(`${machine.name} · Help desk`));
      await expect(page.getByText('It may have a virus')).toBeVisible();
      await expect(page.getByText(/no virus signatures/)).toBeVisible();
      await expect(page.getByRole('link', { name: /virus/ })).toHaveCount(0);
      await expectAccessible(page);
      await expectFits(page);
      await tabTo(page, page.getByRole('link', { name: /It crashes/ }));
      await page.keyboard.press('Enter');

      const confirm = page.getByRole('region', { name: /It crashes: Memory test/ });
      await expect(confirm).toContainText(`${machine.name} restarts`);
      await expect(confirm).toContainText('nothing on the machine is changed');
      await expect(confirm).toContainText('The memory is being tested');
      await expectAccessible(page);
      await expectFits(page);
      await tabTo(page, page.getByRole('button', { name: `Repair ${machine.name} now` }));
      await page.keyboard.press('Enter');

      await page.waitForURL(/\/helpdesk\/repair\/[^/]+$/);
      await expect(page.locator('.say-now')).toContainText('restarts');
      await expect(step(page, 'Located')).toHaveAttribute('data-state', 'done');
      await expectAccessible(page);
      await makeTheTrip(page, machine);

      const card = page.getByRole('region', { name: /Something was found, and it is back/ });
      await expect(card).toBeVisible();
      await expect(card).toContainText('ReportedIt crashes');
      await expect(card).toContainText('3 differing words.');
      await expect(card).toContainText('Nothing on the machine was changed');
      await expect(card).toContainText('its own system reported a new boot');
      await tabTo(page, card.getByRole('button', { name: /Copy for the ticket/ }));
      await page.keyboard.press('Enter');
      await expect(card.getByRole('button')).toHaveText(/Copied/);
      await expectAccessible(page);
      await expectFits(page);
      expect(errors).toEqual([]);
    });
  });
}

test('who looks elsewhere hears that the repair is over, once', async ({ page }) => {
  const machine = await Machine.enrol('desk-oak');
  await machine.heartbeat();
  await page.goto(`/helpdesk/${machine.id}?symptom=crashes`);
  await expectLive(page);
  await page.getByRole('button', { name: /^Repair / }).click();
  await page.waitForURL(/\/helpdesk\/repair\//);
  await expect(step(page, 'Restarting')).toHaveAttribute('data-state', 'now');
  const job = new URL(page.url()).pathname.split('/').pop();
  await page.getByRole('link', { name: 'Help desk' }).first().click();
  await expect(page.getByRole('searchbox')).toBeVisible();
  const cancelled = await page.request.post(`/api/v1/jobs/${job}/cancel`);
  expect(cancelled.ok()).toBe(true);
  await machine.heartbeat();
  const news = page.getByRole('status', { name: 'News' });
  await expect(news).toContainText(`on ${machine.name}`, { timeout: 60_000 });
  await expectAccessible(page);
  await news.getByRole('button', { name: /Read/ }).click();
  await expect(news.locator('.toast')).toHaveCount(0);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });

  test('a repair is asked for by forms and links', async ({ page }) => {
    const machine = await Machine.enrol('desk-elm');
    await machine.heartbeat();
    await page.goto('/helpdesk');
    await page.getByRole('searchbox').fill(machine.name);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('link', { name: machine.name }).click();
    await page.getByRole('link', { name: /It crashes/ }).click();
    await page.getByRole('button', { name: `Repair ${machine.name} now` }).click();
    await expect(page).toHaveURL(/\/helpdesk\/repair\//);
    await expect(step(page, 'Located')).toHaveAttribute('data-state', 'done');
    // Pressed twice is one repair.
    await page.goto(`/helpdesk/${machine.id}?symptom=crashes`);
    await expect(page.getByText('It is being looked after already')).toBeVisible();
    await page.getByRole('link', { name: 'Follow it' }).click();
    await expect(step(page, 'Restarting')).toBeVisible();
  });
});
