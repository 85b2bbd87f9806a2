// Forty pages at once: each comes alive with a policy of its own, and none with an error.

import { expect, test } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { watchErrors } from '../support/page.ts';

const loads = 40;

test('forty pages that are loaded at once are all alive, each with its policy', async ({ browser }) => {
  test.setTimeout(240_000);
  const machine = await Machine.enrol('parallel-oak');
  const paths = ['/', '/jobs', '/images', '/alarms', `/machines/${machine.id}`, `/machines/${machine.id}/routes`];
  // A browser opens six connections to a server, and each live page holds one; a context has its own.
  const load = async (n: number): Promise<string[]> => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const errors = watchErrors(page);
    const reply = await page.goto(paths[n % paths.length], { timeout: 200_000 });
    expect(reply?.status()).toBe(200);
    await expect(page.locator('.live')).toHaveAttribute('data-status', 'live', { timeout: 200_000 });
    const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
    expect(policy).toMatch(/script-src 'self' 'nonce-[^']+'/);
    expect(policy).not.toContain('unsafe-inline');
    await context.close();
    return errors;
  };
  const errors = await Promise.all(Array.from({ length: loads }, (_, n) => load(n)));
  expect(errors.flat()).toEqual([]);
});
