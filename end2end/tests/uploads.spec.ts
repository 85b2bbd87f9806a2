// Adding images in the browser: by the script in pieces, on from where a line was cut, and without a script. And pages of
// functions, one's own among them.

import { expect, test } from '@playwright/test';
import { expectAccessible, looks, named, watchErrors } from '../support/page.ts';

const kernel = (text: string) => ({ name: 'vmlinuz', mimeType: 'application/octet-stream', buffer: Buffer.from(text) });

for (const look of looks) {
  test(`adding an image and functions are accessible and fit, ${named(look)}`, async ({ browser }) => {
    const page = await (await browser.newContext(look)).newPage();
    const errors = watchErrors(page);
    for (const path of ['/images/new', '/functions', '/functions/disk-health', '/functions/new']) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await page.evaluate(() => document.querySelectorAll('details').forEach((fold) => { fold.open = true; }));
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), path).toBeLessThanOrEqual(0);
      await expectAccessible(page);
    }
    expect(errors).toEqual([]);
  });
}

test('a file is sent in pieces, goes on where the line was cut, and is a candidate then', async ({ page }) => {
  const name = `sent-${Date.now()}`;
  const large = 'a kernel of some letters '.repeat(400_000);
  let cuts = 2;
  await page.route(/parts\/vmlinuz/, async (route) => {
    if (cuts-- > 0) await route.abort('connectionreset');
    else await route.continue();
  });
  await page.goto('/images/new');
  await page.getByLabel('What it is').selectOption('linux');
  await expect(page.getByLabel('Disc', { exact: true })).toBeHidden();
  await page.getByLabel('Kernel', { exact: true }).setInputFiles(kernel(large));
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Version').fill('1');
  await page.getByRole('button', { name: 'Add' }).click();
  await page.waitForURL(`**/images/${name}`);
  await expect(page.getByText('candidate', { exact: true }).first()).toBeVisible();
  await page.goto('/images');
  await expect(page.getByRole('link', { name })).toBeVisible();
});

test('what the server refuses stands above what was typed', async ({ page }) => {
  await page.goto('/images/new');
  await page.getByLabel('What it is').selectOption('linux');
  await page.getByLabel('Kernel', { exact: true }).setInputFiles(kernel('x'));
  await page.getByLabel('Name', { exact: true }).fill('refused');
  await page.getByLabel('Version').fill('1');
  await page.getByLabel('BIOS', { exact: true }).uncheck();
  await page.getByLabel('UEFI', { exact: true }).uncheck();
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'for no firmware' })).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('refused');
});

test('without a script a small file is sent whole, and an inner address is given up with the reason', async ({ browser }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  const name = `whole-${Date.now()}`;
  await page.goto('/images/new');
  await page.getByLabel('What it is').selectOption('linux');
  await page.getByLabel('Kernel', { exact: true }).setInputFiles(kernel(name));
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Version').fill('1');
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();

  await page.goto('/images/new');
  await page.getByLabel('What it is').selectOption('program');
  const program = page.locator('fieldset', { hasText: 'like memtest86+' });
  await program.getByText('Or fetched from an address').first().click();
  await program.getByLabel('Address').first().fill('http://127.0.0.1:9/memtest.bin');
  await program.getByLabel('Its SHA-256, 64 digits').first().fill('a'.repeat(64));
  await page.getByLabel('Name', { exact: true }).fill(`${name}-fetched`);
  await page.getByLabel('Version').fill('1');
  await page.getByRole('button', { name: 'Add' }).click();
  const coming = page.locator('.coming li').filter({ hasText: `${name}-fetched` });
  await expect(async () => {
    await page.goto('/images');
    await expect(coming).toContainText('an inner address');
  }).toPass();
  await coming.getByRole('button', { name: 'Give it up' }).click();
  await expect(coming).toBeHidden();
});

test('a function of ones own is written, changed and removed', async ({ page }) => {
  const name = `count-${Date.now()}`;
  await page.goto('/functions/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Title').fill('Count files');
  await page.getByLabel('Script').fill('ls "$FOLDER" | wc -l');
  await page.getByLabel('Image').selectOption({ index: 0 });
  await page.getByLabel('Variable').first().fill('FOLDER');
  await page.getByLabel('Question', { exact: true }).first().fill('Folder');
  await page.getByRole('button', { name: 'Keep the function' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Count files' })).toBeVisible();
  await expect(page.getByText('its agent reports the end')).toBeVisible();
  await page.getByRole('link', { name: 'Change it' }).click();
  await page.getByLabel('Title').fill('Count them');
  await page.getByRole('button', { name: 'Keep the function' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Count them' })).toBeVisible();
  await page.getByText('Remove it').click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('Count them')).toBeHidden();
});
