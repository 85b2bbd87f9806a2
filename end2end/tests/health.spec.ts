// Health: its pages, a rule that is made with a look at what it would have done, the alert that it raises, and the switch.

import { expect, test } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { expectAccessible, expectFits, expectLive, looks, named, watchErrors } from '../support/page.ts';

const fill = 8; // "Fullest file system", %

for (const look of looks) {
  test(`pages about health are accessible and fit, ${named(look)}`, async ({ browser }) => {
    const machine = await Machine.enrol('health-pages');
    await machine.measure(30, [[fill, 40]]);
    const page = await (await browser.newContext(look)).newPage();
    const errors = watchErrors(page);
    for (const path of ['/health', '/health/alerts', '/health/rules', '/health/rules/new', `/machines/${machine.id}/health`]) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expectFits(page);
      await expectAccessible(page);
    }
    expect(errors).toEqual([]);
  });
}

test('a rule is looked at before it is kept, raises an alert once, and asks before it acts', async ({ page, context }) => {
  test.setTimeout(240_000);
  const machine = await Machine.enrol('full-disk');
  await machine.heartbeat();
  await machine.measure(10, [[fill, 97]]);
  await page.goto('/health/rules/new');
  await page.getByLabel('Name').fill(`Disks of ${machine.name}`);
  await page.getByLabel('Machines', { exact: true }).fill(`name:${machine.name}`);
  await page.getByLabel('Figure 1').selectOption('disk.fill');
  await page.locator('#against0').selectOption('above');
  await page.locator('#value0').fill('90');
  await page.getByLabel('For minutes').fill('1');
  await page.getByRole('button', { name: 'Show what it would have done' }).click();
  await expect(page.getByRole('heading', { name: 'What it would have done in 30 days' })).toBeVisible();
  await expect(page.locator('.would-words')).toContainText('Fullest file system');
  // It has not been kept, and what was written stays.
  await expect(page.getByLabel('Name')).toHaveValue(`Disks of ${machine.name}`);
  await page.getByRole('button', { name: 'Keep the rule' }).click();
  await expect(page).toHaveURL(/\/health\/rules$/);
  await expect(page.locator('.health-rules')).toContainText(`Disks of ${machine.name}`);

  const inbox = await context.newPage();
  await inbox.goto('/health/alerts');
  await expectLive(inbox);
  const alert = inbox.locator('.alerts > li').filter({ hasText: machine.name });
  // Rules look once a minute; the page follows by itself. A machine that is measured no more is not judged.
  await expect(async () => {
    await machine.measure(3, [[fill, 97]]);
    await expect(alert).toHaveCount(1, { timeout: 10_000 });
  }).toPass({ timeout: 150_000 });
  await expect(alert).toContainText('97');
  await expectAccessible(inbox);
  await inbox.close();

  // What nobody asked for has not begun.
  await page.goto(`/machines/${machine.id}`);
  await expect(page.getByRole('main')).not.toContainText('health rule');

  await page.goto('/health/rules');
  await page.getByRole('link', { name: `Disks of ${machine.name}` }).click();
  await page.getByRole('button', { name: 'Delete the rule' }).click();
  await expect(page.locator('main')).not.toContainText(`Disks of ${machine.name}`);
});

test('the switch stops all rules with a reason, and lets them act again', async ({ page }) => {
  await page.goto('/health/rules');
  await page.getByLabel('Why').fill('the sensors lie');
  await page.getByRole('button', { name: 'Stop all rules' }).click();
  await expect(page.getByRole('main')).toContainText('the sensors lie');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Let rules act again' }).click();
  await expect(page.getByRole('button', { name: 'Stop all rules' })).toBeVisible();
});
