// Signing in by an identity provider that is not ours, in a real browser.

import { expect, test, type Browser, type Page } from '@playwright/test';
import { move, startProvider, type Name } from '../support/provider.ts';
import { expectAccessible } from '../support/page.ts';
import { issuer } from '../support/server.ts';

let stop: () => Promise<void>;
test.beforeAll(async () => {
  stop = await startProvider();
});
test.afterAll(() => stop());

async function fresh(browser: Browser, javaScriptEnabled = true): Promise<Page> {
  const nobody = { cookies: [], origins: [] };
  return (await browser.newContext({ storageState: nobody, javaScriptEnabled })).newPage();
}

/** From a page of ours to the provider, there, and back. */
async function signIn(page: Page, name: Name, at = '/jobs?show=held'): Promise<void> {
  await page.goto(at);
  await page.getByRole('link', { name: 'Sign in with Example ID' }).click();
  await expect(page).toHaveURL(new RegExp(`^${issuer}/`));
  await page.locator('input[name="login"]').fill(name);
  await page.locator('input[name="password"]').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? '' : ', without JavaScript';
  test(`somebody whom the provider knows comes where they wanted, with what their groups give${how}`, async ({ browser }) => {
    const page = await fresh(browser, javaScriptEnabled);
    await signIn(page, 'olga.operator');
    await expect(page).toHaveURL(/\/jobs\?show=held$/);
    await page.goto('/account');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('olga operator');
    await expect(page.getByRole('region', { name: 'Your roles' }).getByText('operator at graz')).toBeVisible();
    await expect(page.getByText('You sign in by your identity provider')).toBeVisible();
    await expect(page.getByLabel('New password')).toHaveCount(0);
    expect((await page.goto('/settings/people'))?.status()).toBe(403);
  });
}

test('whoever has no right here is told so, and whose group is taken away loses what is open', async ({ browser }) => {
  const guest = await fresh(browser);
  await signIn(guest, 'gus.guest');
  await expect(guest.getByRole('alert')).toContainText('Example ID knows you');
  await expectAccessible(guest);
  await guest.goto('/');
  await expect(guest).toHaveURL(/\/login$/);

  const admin = await fresh(browser);
  await signIn(admin, 'adam.admin', '/settings/people');
  await expect(admin.getByRole('heading', { level: 1 })).toHaveText('People');
  await expect(admin.locator('li.person', { hasText: 'adam.admin' })).toContainText('which says their roles at each sign-in');
  move('adam.admin', []);
  const elsewhere = await fresh(browser);
  await signIn(elsewhere, 'adam.admin');
  await expect(elsewhere.getByRole('alert')).toContainText('gives you a right here');
  await admin.goto('/settings/people');
  await expect(admin).toHaveURL(/\/login/);
});

test('the answer for one browser is no answer for another', async ({ browser }) => {
  const page = await fresh(browser);
  const answered = page.waitForRequest((request) => request.url().includes('/auth/oidc/callback?'));
  await signIn(page, 'olga.operator');
  const back = (await answered).url();
  await expect(page).toHaveURL(/\/jobs/);
  const other = await fresh(browser);
  expect((await other.goto(back))?.status()).toBe(403);
  await expect(other.getByRole('alert')).toContainText('not begun in this browser');
});

test('whoever signs out can sign out at the provider, too, and is asked there again', async ({ browser }) => {
  const page = await fresh(browser);
  await signIn(page, 'olga.operator', '/account');
  await page.request.post('/logout');
  await page.goto('/login?left=provider');
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Sign out of Example ID, too' }).click();
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign-out Success' })).toBeVisible();
  await page.goto('/login');
  await page.getByRole('link', { name: 'Sign in with Example ID' }).click();
  await expect(page.locator('input[name="login"]')).toBeVisible();
});
