// Many browsers at once, half of their loads broken off: pages rendered side by side must not
// disturb each other. `cargo xtask test` looks for panics in the server's log afterwards.

import { expect, test, type Browser } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { watchErrors } from '../support/page.ts';
import { cookieHeader } from '../support/administrator.ts';
import { address } from '../support/server.ts';

// Traces of eight browsers would be most of what is measured.
test.use({ trace: 'off', screenshot: 'off' });

const browsers = 8;
const loadsEach = 25;

test('the server stands many loads at once, and loads that are broken off', async () => {
  const machine = await Machine.enrol('soak-yew');
  const paths = ['/', `/?q=${machine.name}`, `/machines/${machine.id}`, '/jobs', '/images'];

  const browse = async (browser: number): Promise<number> => {
    let whole = 0;
    for (let load = 0; load < loadsEach; load++) {
      const breakOff = (browser + load) % 2 === 0;
      const signal = breakOff ? AbortSignal.timeout(1 + ((browser * 7 + load * 13) % 40)) : undefined;
      try {
        const reply = await fetch(address + paths[(browser + load) % paths.length], { signal, headers: { cookie: cookieHeader() } });
        const text = await reply.text();
        expect(reply.status).toBe(200);
        expect(text).toContain('</html>');
        whole++;
      } catch (error) {
        if (!breakOff) throw error;
      }
    }
    return whole;
  };
  const whole = await Promise.all(Array.from({ length: browsers }, (_, browser) => browse(browser)));
  // Those that were not to be broken off came whole.
  expect(whole.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual((browsers * loadsEach) / 2);
});

/** Only `cargo xtask test --all` has the time. */
const minutes = Number(process.env.PITSTOP_SOAK_MINUTES ?? 0);

test('eight browsers walk about for minutes, half of their loads broken off, and no page is an error', async ({ browser }) => {
  test.skip(minutes === 0, 'asked for by --all');
  test.setTimeout((minutes + 2) * 60_000);
  const machine = await Machine.enrol('soak-fir');
  const paths = ['/', '/?view=table', '/?view=grid&group=label', `/machines/${machine.id}`, '/jobs', '/runs', '/alarms', '/discovery', '/helpdesk?q=soak', '/images', '/schedules', '/audit'];
  const until = Date.now() + minutes * 60_000;
  const walks = await Promise.all(Array.from({ length: browsers }, (_, n) => walk(browser, paths, n, until)));
  expect(walks.flatMap(({ errors }) => errors)).toEqual([]);
  const loads = walks.reduce((sum, { whole }) => sum + whole, 0);
  console.log(`${loads} pages whole in ${minutes} min`);
  expect(loads).toBeGreaterThan(minutes * 10);
});

async function walk(browser: Browser, paths: string[], n: number, until: number): Promise<{ whole: number; errors: string[] }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = watchErrors(page);
  let whole = 0;
  for (let load = n; Date.now() < until; load++) {
    const path = paths[load % paths.length];
    if (load % 2 === 0) {
      // Closed before it is there: a load that is broken off is no error of the page.
      const gone = await context.newPage();
      gone.goto(address + path).catch(() => {});
      await gone.waitForTimeout((load * 37) % 200);
      await gone.close();
      continue;
    }
    const reply = await page.goto(address + path);
    expect(reply?.status(), path).toBe(200);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('.trouble')).toHaveCount(0);
    whole++;
  }
  await context.close();
  return { whole, errors };
}
