// Signing in and out, people, tokens and the audit: pages without a program, in both themes and on a phone.

import { expect, test, type Browser, type Page } from '@playwright/test';
import { administrator } from '../support/administrator.ts';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectLive, looks, named, watchErrors } from '../support/page.ts';

const nobody = { cookies: [], origins: [] };

/** Somebody with this role, who has joined by a link. */
async function join(page: Page, browser: Browser, name: string, role: string, sites = ''): Promise<Page> {
  await page.goto('/settings/people');
  const form = page.locator('form[action="/settings/people"]');
  await form.getByLabel('Name to sign in with').fill(name);
  await form.getByLabel('Role').selectOption(role);
  await form.getByLabel('Only at sites').fill(sites);
  await form.getByRole('button', { name: 'Invite' }).click();
  const link = await page.locator('.secret').innerText();
  const theirs = await (await browser.newContext({ storageState: nobody })).newPage();
  await theirs.goto(link);
  await theirs.getByLabel('Password', { exact: true }).fill('a few words of mine');
  await theirs.getByLabel('Password, once more').fill('a few words of mine');
  await theirs.getByRole('button', { name: 'Save and sign in' }).click();
  await theirs.waitForURL('/');
  return theirs;
}

for (const look of looks) {
  test(`pages about people are accessible and fit, ${named(look)}`, async ({ browser }) => {
    const page = await (await browser.newContext(look)).newPage();
    const errors = watchErrors(page);
    for (const path of ['/settings', '/account', '/settings/people', '/settings/help-desk', '/settings/sites', '/settings/signatures', '/settings/tokens', '/settings/programs', '/settings/sources', '/settings/telling', '/settings/webhooks', '/audit']) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), path).toBeLessThanOrEqual(0);
      await expectAccessible(page);
    }
    const out = await (await browser.newContext({ ...look, storageState: nobody })).newPage();
    await out.goto('/login');
    await expectAccessible(out);
    expect(errors).toEqual([]);
  });
}

test('the list of people follows what other administrators do', async ({ page, context, browser }) => {
  const watching = await context.newPage();
  await watching.goto('/settings/people');
  await expectLive(watching);
  await expect(watching.getByText('eva-who-comes')).toHaveCount(0);
  await join(page, browser, 'eva-who-comes', 'viewer');
  await expect(watching.getByText('eva-who-comes').first()).toBeVisible();
});

test('whoever is not in is led to sign in, told what went wrong, and led back', async ({ browser }) => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await (await browser.newContext({ storageState: nobody, javaScriptEnabled })).newPage();
    await page.goto('/jobs?show=held');
    await expect(page).toHaveURL(/\/login\?next=/);
    await page.getByLabel('Name').fill(administrator.name);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toContainText('Name or password is wrong');
    await page.getByLabel('Password').fill(administrator.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(/\/jobs\?show=held$/);
    await page.goto('/account');
    await page.getByTitle('Your account, and the way out').click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
    await expect(page).toHaveURL(/\/login$/);
    await page.goto('/');
    await expect(page).toHaveURL(/\/login$/);
  }
});

test('a viewer sees what they may not do and why, and somebody elsewhere sees nothing', async ({ page, browser }) => {
  const machine = await Machine.enrol('people-oak');
  await machine.heartbeat();
  const viewer = await join(page, browser, `viewer-${machine.name}`, 'viewer');
  const errors = watchErrors(viewer);
  await viewer.goto(`/machines/${machine.id}`);
  await expectLive(viewer);
  await viewer.locator('li.offer summary').first().click();
  await expect(viewer.locator('li.offer .why-not').first()).toContainText('your role here is viewer');
  await expect(viewer.locator('li.offer').first().getByRole('button', { name: /^Run / })).toBeDisabled();
  await expectAccessible(viewer);
  expect(errors).toEqual([]);
  const elsewhere = await join(page, browser, `elsewhere-${machine.name}`, 'operator', 'nowhere');
  await elsewhere.goto(`/?q=${machine.name}`);
  await expect(elsewhere.getByRole('link', { name: machine.name })).toHaveCount(0);
  expect((await elsewhere.goto(`/machines/${machine.id}`))?.status()).toBe(404);
});

test('whoever is locked out loses a page that is open, at once', async ({ page, browser }) => {
  const name = `locked-${Date.now()}`;
  const theirs = await join(page, browser, name, 'viewer');
  await expectLive(theirs);
  await page.goto('/settings/people');
  const line = page.locator('li.person', { hasText: name });
  await line.getByText('Change').click();
  await line.getByRole('button', { name: 'Lock out' }).click();
  await expect(page.locator('li.person', { hasText: name })).toContainText('locked out');
  await expect(theirs.locator('.live')).not.toHaveAttribute('data-status', 'live');
  await theirs.reload();
  await expect(theirs).toHaveURL(/\/login/);
});
