// The fleet: searched, drawn, chosen from and changed; one address holds it all.

import { expect, test } from '@playwright/test';
import { randomBytes } from 'node:crypto';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectLive, watchErrors } from '../support/page.ts';

/** Machines that one search finds, and no other: their names are the prefix, their number and something of their own. */
async function machines(count: number): Promise<string> {
  const prefix = `fleet-${randomBytes(3).toString('hex')}`;
  for (let n = 0; n < count; n++) await (await Machine.enrol(`${prefix}-${n}`)).heartbeat();
  return prefix;
}

test('a search is narrowed by chips, states and words, and its address shows the same again', async ({ page }) => {
  const errors = watchErrors(page);
  const prefix = await machines(3);
  await page.goto(`/?q=${prefix}`);
  await expectLive(page);
  await expect(page.getByText('3 machines match')).toBeVisible();
  await page.getByRole('list', { name: 'Machines by state' }).getByRole('link', { name: /own system/ }).click();
  await expect(page).toHaveURL(/q=.*state:own/);
  await expect(page.getByRole('link', { name: 'Take state:own away' })).toBeVisible();
  await page.getByLabel('Search machines').fill(`${prefix} -name:*-1-*`);
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page.getByText('2 machines match')).toBeVisible();
  await page.getByRole('link', { name: 'Take -name:*-1-* away' }).click();
  await expect(page.getByText('3 machines match')).toBeVisible();
  await page.getByRole('link', { name: 'Machine', exact: true }).click();
  await expect(page).toHaveURL(/sort=name/);
  await page.reload();
  await expect(page.getByRole('row')).toHaveCount(4);
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test('a word that is not understood is named, with what may have been meant', async ({ page }) => {
  const prefix = await machines(1);
  await page.goto(`/?q=${prefix}+stat:own`);
  await expect(page.getByRole('alert')).toContainText('stat:own');
  await expect(page.getByLabel('Search machines')).toHaveValue(`${prefix} stat:own`);
  await expectAccessible(page);
  await page.getByRole('link', { name: 'state:own' }).click();
  await expect(page.getByText('1 machine matches')).toBeVisible();
});

test('machines are chosen by a press and a press with shift, then labelled at once', async ({ page }) => {
  const errors = watchErrors(page);
  const prefix = await machines(4);
  await page.goto(`/?q=${prefix}&sort=name`);
  await expectLive(page);
  await page.getByLabel(`Choose ${prefix}-1`).click();
  await page.getByLabel(`Choose ${prefix}-3`).click({ modifiers: ['Shift'] });
  await expect(page.getByText('3 chosen')).toBeVisible();
  await page.getByRole('link', { name: 'Change or run on them' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Change 3 machines');
  await expectAccessible(page);
  await page.getByLabel('Label to add').fill(`l-${prefix}`);
  await page.getByRole('button', { name: 'Add to 3 machines' }).click();
  await expect(page.getByText('3 machines were changed.')).toBeVisible();
  await page.goto(`/?q=label:l-${prefix}`);
  await expect(page.getByText('3 machines match')).toBeVisible();
  expect(errors).toEqual([]);
});

test('the grid is walked by arrows, and Enter opens a machine', async ({ page }) => {
  const prefix = await machines(3);
  await page.goto(`/?q=${prefix}&view=grid`);
  await expectLive(page);
  const grid = page.getByRole('application', { name: /3 machines/ });
  await grid.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByText(new RegExp(`${prefix}-1-\\w+, own system`))).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(new RegExp(`^${prefix}-1-`));
});

test('the grid answers before the program is there, and keeps its place when it comes', async ({ page }) => {
  const prefix = await machines(3);
  let come = () => {};
  const held = new Promise<void>((go) => { come = go; });
  await page.route('**/*.wasm', async (route) => { await held; await route.continue(); });
  await page.goto(`/?q=${prefix}&view=grid`, { waitUntil: 'domcontentloaded' });
  const grid = page.getByRole('application', { name: /3 machines/ });
  await grid.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('End');
  await expect(page.getByText(new RegExp(`${prefix}-2-\\w+, own system`))).toBeVisible();
  come();
  await expectLive(page);
  await expect(page.getByText(new RegExp(`${prefix}-2-\\w+, own system`))).toBeVisible();
  await page.keyboard.press('Home');
  await expect(page.getByText(new RegExp(`${prefix}-0-\\w+, own system`))).toBeVisible();
});

test('an answer that comes late takes no words from under the hands', async ({ page }) => {
  const prefix = await machines(2);
  await page.goto('/');
  await expectLive(page);
  let come = () => {};
  const held = new Promise<void>((go) => { come = go; });
  await page.route('**/api/fleet?**', async (route) => { await held; await route.continue(); });
  const field = page.getByLabel('Search machines');
  await field.fill(prefix);
  await field.press('Enter');
  await field.pressSequentially(' seen<1h');
  come();
  await expect(page.getByText('2 machines match')).toBeVisible();
  await expect(field).toHaveValue(`${prefix} seen<1h`);
  await page.getByRole('link', { name: 'Clear' }).click();
  await expect(page.getByText('2 machines match')).toBeHidden();
  await expect(field).toHaveValue('');
});

test('rows are walked by arrows', async ({ page }) => {
  const prefix = await machines(2);
  await page.goto(`/?q=${prefix}&sort=name&view=table`);
  await expectLive(page);
  await page.getByRole('link', { name: `${prefix}-0` }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('link', { name: `${prefix}-1` })).toBeFocused();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a view is saved and machines are chosen by forms', async ({ page }) => {
    const prefix = await machines(2);
    await page.goto('/');
    await page.getByLabel('Search machines').fill(prefix);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByText('Save view').click();
    await page.getByLabel(/Name of this view/).fill(prefix);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByRole('list', { name: 'Saved views' }).getByRole('link', { name: prefix })).toBeVisible();
    await page.getByRole('button', { name: `Remove the view ${prefix}` }).click();
    await page.goto(`/?q=${prefix}`);
    await page.getByLabel(`Choose ${prefix}-1`).check();
    await page.getByRole('button', { name: 'Change those chosen' }).click();
    await page.getByLabel('Site that they are at').fill('elsewhere');
    await page.getByRole('button', { name: 'Move 1 machine' }).click();
    await expect(page.getByText('1 machine was changed.')).toBeVisible();
  });

  test('where a machine stands is changed by a form', async ({ page }) => {
    const machine = await Machine.enrol(`kept-${randomBytes(3).toString('hex')}`);
    await page.goto(`/machines/${machine.id}`);
    await page.getByRole('region', { name: 'Where it stands' }).getByText('Change').click();
    await page.getByLabel('Room').fill('2.14');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('region', { name: 'Where it stands' })).toContainText('2.14');
  });
});
