// Machines that nobody told us of: seen on the wire and adopted, by a person or a rule, or read from a list.

import { expect, test } from '@playwright/test';
import { randomBytes } from 'node:crypto';
import { bootAddress } from '../support/server.ts';
import { expectAccessible, expectLive, watchErrors } from '../support/page.ts';

/** A MAC address that no other test has. */
function mac(prefix = '3c:54'): string {
  return `${prefix}:${[...randomBytes(4)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
}

/** As iPXE asks for its script. */
async function ask(address: string): Promise<void> {
  await fetch(`${bootAddress}/boot/script?mac=${address}`);
}

test('a stranger is listed and adopted', async ({ page }) => {
  const errors = watchErrors(page);
  const address = mac();
  await ask(address);
  await page.goto('/discovery');
  await expectLive(page);
  const row = page.getByRole('row').filter({ hasText: address });
  await expectAccessible(page);
  await row.getByText('Adopt', { exact: true }).click();
  const name = `adopted-${randomBytes(3).toString('hex')}`;
  await row.getByLabel('Name').fill(name);
  await row.getByLabel('Site').fill('berlin');
  await row.getByRole('button', { name: 'Adopt it' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  await page.goto('/discovery');
  await expect(page.getByText(address)).toHaveCount(0);
  expect(errors).toEqual([]);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a rule is looked at, kept, and adopts who asks', async ({ page }) => {
    const address = mac('3e:77');
    await ask(address);
    await page.goto('/discovery');
    await page.getByText('New rule').click();
    await page.getByLabel('MAC begins with').fill(address.slice(0, 11));
    await page.getByLabel(/^Name; /).fill('ruled-{mac6}');
    await page.getByRole('button', { name: 'Show what it would adopt' }).click();
    await expect(page.getByText('it would have adopted 1 machine')).toBeVisible();
    await page.getByRole('button', { name: 'Keep this rule' }).click();
    await ask(address);
    const name = `ruled-${address.replaceAll(':', '').slice(6)}`;
    await page.goto(`/?q=name=${name}`);
    await expect(page.getByRole('link', { name, exact: true })).toBeVisible();
    await page.goto('/discovery');
    await page.getByRole('button', { name: 'Remove the rule for ruled-{mac6}' }).click();
    await expect(page.getByText('No rule: every stranger waits')).toBeVisible();
  });

  test('a list shows what it would do, refuses wrong rows, and is stored when confirmed', async ({ page }) => {
    const prefix = `list-${randomBytes(3).toString('hex')}`;
    const [one, two] = [mac(), mac()];
    await page.goto('/discovery/import');
    const paste = async (csv: string) => {
      await page.getByLabel('The list, as CSV').fill(csv);
      await page.getByRole('button', { name: 'Show what it would do' }).click();
    };
    await paste(`name,mac,site\n${prefix}-1,${one},berlin\n${prefix}-2,${one},berlin\n`);
    await expect(page.getByRole('row').filter({ hasText: `${prefix}-2` })).toContainText('stands in line 2 already');
    await expect(page.getByRole('button', { name: /^Import/ })).toHaveCount(0);
    await expectNothing(prefix, page);
    await page.goto('/discovery/import');
    // As a spreadsheet saves it: with a mark in front.
    const buffer = Buffer.from(`\ufeffname;mac;site;labels\n${prefix}-1;${one};berlin;lab\n${prefix}-2;${two};hamburg;\n`);
    await page.getByLabel('Or a file').setInputFiles({ name: 'machines.csv', mimeType: 'text/csv', buffer });
    await page.getByRole('button', { name: 'Show what the file would do' }).click();
    await expectNothing(prefix, page, false);
    await page.getByRole('button', { name: 'Import 2 machines' }).click();
    await page.goto(`/?q=${prefix}`);
    await expect(page.getByText('2 machines match')).toBeVisible();
  });
});

/** No machine of this prefix is stored. */
async function expectNothing(prefix: string, page: import('@playwright/test').Page, look = true): Promise<void> {
  const found = await (await page.request.get(`/api/v1/machines?q=${prefix}`)).json();
  expect(found).toEqual([]);
  if (look) await expect(page.getByText('wrong').first()).toBeVisible();
}
