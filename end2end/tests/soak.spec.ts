// Many browsers at once, half of their loads broken off: pages rendered side by side must not
// disturb each other. `cargo xtask test` looks for panics in the server's log afterwards.

import { expect, test } from '@playwright/test';
import { Machine } from '../support/machine.ts';
import { cookieHeader } from '../support/administrator.ts';
import { address } from '../support/server.ts';

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
