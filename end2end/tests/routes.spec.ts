// Power routes are edited: with an error beside its field, without JavaScript, and refused where a machine could not
// come home.

import { expect, test, type Page } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectLive, watchErrors } from '../support/page.ts';

const rung = (page: Page, title: string) => page.locator('li.rung').filter({ has: page.getByRole('heading', { name: title }) });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('a wrong field is told beside it, and nothing that was typed is lost but the password', async ({ page }) => {
      const machine = await Machine.enrol('routes-fir');
      await page.goto(`/machines/${machine.id}/routes`);
      if (javaScriptEnabled) await expectLive(page);
      await page.getByRole('link', { name: /^IPMI/ }).click();
      await page.getByLabel('Host').fill('10.0.0.9');
      await page.getByLabel('Port').fill('70000');
      await page.getByLabel('User').fill('pitstop');
      await page.getByLabel('Password').fill('hunter2');
      await page.getByRole('button', { name: 'Add it' }).click();

      await expect(page.locator('#field-port-error')).toContainText('1 to 65535');
      await expect(page.getByLabel('Host')).toHaveValue('10.0.0.9');
      await expect(page.getByLabel('User')).toHaveValue('pitstop');
      expect(page.url()).not.toContain('hunter2');
      if (javaScriptEnabled) await expectAccessible(page);

      await page.getByLabel('Port').fill('623');
      await page.getByLabel('Password').fill('hunter2');
      await page.getByRole('button', { name: 'Add it' }).click();
      await expect(rung(page, 'IPMI')).toContainText('10.0.0.9, port 623');
      expect(await page.content()).not.toContain('hunter2');

      await rung(page, 'IPMI').getByRole('link', { name: 'Change' }).click();
      await expect(page.getByLabel('Password')).toHaveValue('');
      await expect(rung(page, 'IPMI')).toContainText('is set');
      await page.getByRole('link', { name: 'Leave it' }).click();

      const place = Number((await rung(page, 'IPMI').getAttribute('id'))?.replace('rung-', ''));
      await rung(page, 'IPMI').getByRole('button', { name: 'Move IPMI up' }).click();
      await expect(rung(page, 'IPMI')).toHaveAttribute('id', `rung-${place - 1}`);
    });

    test('a probe is set, and a wrong one is told beside its field', async ({ page }) => {
      const machine = await Machine.enrol('probe-fir');
      await page.goto(`/machines/${machine.id}/routes`);
      if (javaScriptEnabled) await expectLive(page);
      const field = page.getByRole('textbox', { name: 'Probe' });
      const save = page.getByRole('button', { name: 'Save' });
      await field.fill('pc7');
      await save.click();
      await expect(page.locator('#probe-error')).toContainText('tcp://');
      await expect(field).toHaveValue('pc7');
      await field.fill('tcp://10.0.0.7:22');
      await save.click();
      await expect(page.locator('#probe-error')).toHaveCount(0);
      await page.goto(`/machines/${machine.id}`);
      await expect(page.getByText('TCP port 22 of 10.0.0.7')).toBeVisible();
    });
  });
}

test('a board that is not there is told in words, and nothing is changed', async ({ page, request }) => {
  const machine = await Machine.enrol('try-fir');
  // A port of this host on which nobody listens.
  const fields = { url: 'http://127.0.0.1:9', user: 'pitstop', password: 'hunter2' };
  const routes = [{ kind: 'redfish', fields }, { kind: 'agent' }];
  const put = await request.put(`/api/v1/machines/${machine.id}/routes`, { data: { routes } });
  expect(put.status()).toBe(200);
  expect(await put.text()).not.toContain('hunter2');
  const errors = watchErrors(page);
  await page.goto(`/machines/${machine.id}/routes`);
  await rung(page, 'Redfish').getByRole('link', { name: 'Try it' }).click();
  await expect(rung(page, 'Redfish').getByRole('alert')).toContainText('It cannot be used now');
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test('a ladder that brings nobody home is refused, on the page and for programs', async ({ page, request }) => {
  const machine = await Machine.enrol('home-fir');
  const ladder = (routes: unknown[]) => request.put(`/api/v1/machines/${machine.id}/routes`, { data: { routes } });
  const wake = { kind: 'wake_on_lan', fields: { mac: '52:54:00:00:00:01' } };
  const refused = await ladder([wake]);
  expect(refused.status()).toBe(409);
  expect((await refused.json()).detail).toContain('home');
  const wrong = await ladder([{ kind: 'ipmi', fields: { host: '-x' } }]);
  expect(wrong.status()).toBe(422);
  expect((await wrong.json()).rung).toBe(0);

  expect((await ladder([wake, { kind: 'agent' }])).status()).toBe(200);
  await page.goto(`/machines/${machine.id}/routes`);
  await expectLive(page);
  await rung(page, 'Agent').getByText('Remove', { exact: true }).click();
  await rung(page, 'Agent').getByRole('button', { name: 'Remove this route' }).click();
  await expect(page.getByRole('alert')).toContainText('bring the machine home');
  await expect(rung(page, 'Agent')).toBeVisible();
});
