// Any page and any action by keyboard.

import { expect, test } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectLive, watchErrors } from '../support/page.ts';

test('the palette leads to pages, actions and machines, and gives the focus back', async ({ page }) => {
  const errors = watchErrors(page);
  const machine = await Machine.enrol('key-ash');
  await machine.heartbeat();
  await page.goto('/jobs');
  await expectLive(page);
  const palette = page.getByRole('dialog', { name: 'Search or go to' });
  const field = palette.getByRole('combobox');

  await page.keyboard.press('Control+k');
  await expect(field).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();

  await page.getByRole('button', { name: 'Search or go to' }).click();
  await page.keyboard.type('run');
  await expect(palette.getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowDown');
  await expect(palette.getByRole('option').nth(1)).toHaveAttribute('aria-selected', 'true');
  await expect(field).toHaveAttribute('aria-activedescendant', 'palette-1');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/runs$/);
  await expectLive(page);

  await page.keyboard.press('Control+k');
  await page.keyboard.type(machine.name);
  await expect(palette.getByRole('option', { name: machine.name })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(machine.name);
  await expectLive(page);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('dark');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('density');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-density', 'compact');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-density', 'compact');
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test('slash leads to the search of a page, and G with a letter to another page', async ({ page }) => {
  await page.goto('/jobs');
  await expectLive(page);
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await expect(page).toHaveURL(/\/helpdesk$/);
  await expect(page.getByRole('searchbox')).toBeVisible();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  // Letters that are written are no commands.
  await page.keyboard.type('gj');
  await expect(page).toHaveURL(/\/helpdesk$/);
});

test('the palette, the keys and the switches are there on pages without the program too', async ({ page }) => {
  const errors = watchErrors(page);
  const machine = await Machine.enrol('key-elm');
  await machine.heartbeat();
  await page.goto('/account');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('audit');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/audit$/);
  // The keys are a script's, which comes after the page.
  await page.waitForLoadState();
  await page.keyboard.press('Control+k');
  await page.keyboard.type(machine.name);
  await expect(page.getByRole('option', { name: machine.name })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(machine.name);
  await expectLive(page);
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await expect(page).toHaveURL(/\/images$/);
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('button', { name: 'Dark' })).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(async () => (await page.context().cookies()).find(({ name }) => name === 'theme')?.value).toBe('dark');
  expect(errors).toEqual([]);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('density is chosen by a form, and what needs scripts is not shown', async ({ page }) => {
    await page.goto('/');
    await expect(page.getByRole('button', { name: 'Search or go to' })).toBeHidden();
    await page.getByRole('button', { name: 'Compact' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-density', 'compact');
  });
});
