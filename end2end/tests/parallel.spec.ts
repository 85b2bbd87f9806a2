// Forty pages, always eight at once: each comes alive with a policy of its own, and none with an error. (Forty browsers at
// once starve a small host; `app/tests/parallel.rs` loads hundreds at once without browsers.)

import { expect, test, type BrowserContext } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { watchErrors } from '../support/page.ts';

const loads = 40;
const atOnce = 8;

test('forty pages that are loaded side by side are all alive, each with its policy', async ({ browser }) => {
  test.setTimeout(240_000);
  const machine = await Machine.enrol('parallel-oak');
  const paths = ['/', '/jobs', '/runs', '/alarms', `/machines/${machine.id}`, `/machines/${machine.id}/routes`];
  const load = async (context: BrowserContext, n: number): Promise<string[]> => {
    const page = await context.newPage();
    const errors = watchErrors(page);
    const reply = await page.goto(paths[n % paths.length]);
    expect(reply?.status()).toBe(200);
    await expect(page.locator('.live')).toHaveAttribute('data-status', 'live', { timeout: 60_000 });
    const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
    expect(policy).toMatch(/script-src 'self' 'nonce-[^']+'/);
    expect(policy).not.toContain('unsafe-inline');
    await page.close();
    return errors;
  };
  const errors: string[] = [];
  let next = 0;
  // A browser opens six connections to a server, and each live page holds one; a context has its own.
  const browse = async () => {
    const context = await browser.newContext();
    while (next < loads) errors.push(...(await load(context, next++)));
    await context.close();
  };
  await Promise.all(Array.from({ length: atOnce }, browse));
  expect(errors).toEqual([]);
});
