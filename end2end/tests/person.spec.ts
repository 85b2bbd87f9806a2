// The route is a person: a phone at the machine opens a link, and says how it went.

import { expect, test } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectLive, run } from '../support/page.ts';

/** Whoever stands at the machine is not signed in. */
const nobody = { cookies: [], origins: [] };

test('a phone opens the link, says done, and the job goes on when the machine is seen', async ({ page, browser, request }) => {
  const machine = await Machine.enrol('person-may');
  await machine.heartbeat();
  const data = { routes: [{ kind: 'person' }] };
  expect((await request.put(`/api/v1/machines/${machine.id}/routes`, { data })).status()).toBe(200);
  await page.goto(`/machines/${machine.id}`);
  await expectLive(page);
  await run(page, 'Memory test');
  await expectLive(page);
  const link = page.getByRole('link', { name: 'Link for a phone at the machine' });
  await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible();
  await expectAccessible(page);
  const url = (await link.getAttribute('href')) ?? '';

  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, javaScriptEnabled: true, storageState: nobody });
  // Its one script is small, and only watches.
  const phone = await context.newPage();
  const wrong = await phone.goto(url.slice(0, -4) + 'ffff');
  expect(wrong?.status()).toBe(410);
  await expect(phone.locator('body')).not.toContainText(machine.name);

  await phone.goto(url);
  await expect(phone.getByRole('heading', { level: 1 })).toContainText(machine.name);
  expect(await phone.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  expect(await phone.locator('script, a').count()).toBe(0);
  await expectAccessible(phone);
  await phone.getByRole('button', { name: 'Done' }).click();
  await expect(phone.getByRole('status')).toContainText('should start from the network');
  await expectAccessible(phone);
  await expect(link).toHaveCount(0);

  const maintenance = await machine.askHowToBoot();
  if (!maintenance) throw new Error('the machine was sent to its own system');
  await machine.report(maintenance, { permille: 10, text: 'pattern 1 of 7' });
  await expect(phone.getByRole('status')).toContainText('in maintenance');
  await context.close();

  // Without JavaScript it says the same, by a link.
  const plain = await browser.newContext({ viewport: { width: 390, height: 844 }, javaScriptEnabled: false, storageState: nobody });
  const old = await plain.newPage();
  await old.goto(url);
  await old.getByRole('link', { name: 'Look again' }).click();
  await expect(old.getByRole('status')).toContainText('in maintenance');
  await plain.close();
});
