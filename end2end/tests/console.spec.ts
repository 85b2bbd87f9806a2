// A terminal in the page into a machine in maintenance, shared, recorded and played again.

import { expect, test, type Page } from '@playwright/test';
import WebSocket from 'ws';
import { Machine, type Maintenance } from '../support/machine.ts';
import { expectAccessible, run, watchErrors } from '../support/page.ts';
import { bootAddress } from '../support/server.ts';

/** The machine's end: it says back what is typed, in capital letters. */
async function shell(maintenance: Maintenance): Promise<WebSocket> {
  const url = `${bootAddress.replace('http', 'ws')}/agent/v1/jobs/${maintenance.job}/console`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${maintenance.token}` } });
  await new Promise((open, failed) => socket.once('open', open).once('error', failed));
  socket.on('message', (data, binary) => {
    if (binary) socket.send(Buffer.from(String(data).toUpperCase().replace('\r', '\r\n')));
  });
  socket.send(Buffer.from('\x1b[32mwelcome\x1b[0m\r\n'));
  return socket;
}

/** What the terminal shows, as its helper for screen readers has it. */
const screen = (page: Page) => page.locator('.xterm-rows');

test('what is typed goes to the machine, two see the same, and it can be played again', async ({ page, browser }) => {
  const machine = await Machine.enrol('term-oak');
  await machine.heartbeat();
  await page.goto(`/machines/${machine.id}`);
  await run(page, 'Hold in maintenance');
  await machine.obey(await machine.awaitOrder());
  const maintenance = await machine.askHowToBoot();
  if (!maintenance) throw new Error('the machine was sent to its own system');
  await machine.fetchImage(maintenance);
  await machine.report(maintenance, { permille: 0, text: 'held' });

  const errors = watchErrors(page);
  await page.getByRole('link', { name: 'Console', exact: true }).click();
  await expect(page.locator('.console-state')).toHaveText('Waiting for the machine…');
  const agent = await shell(maintenance);
  await expect(page.locator('.console-state')).toHaveText('Connected');
  await expect(screen(page)).toContainText('welcome');
  await page.keyboard.type('hello there\n');
  await expect(screen(page)).toContainText('HELLO THERE');
  await expectAccessible(page);

  const second = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  await second.goto(`/jobs/${maintenance.job}/console`);
  await expect(screen(second)).toContainText('HELLO THERE');
  await expect(second.locator('.console-people')).toContainText('Typed last: tests');
  expect(await second.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);

  // The machine's line breaks and comes again: the page goes on.
  agent.terminate();
  await expect(page.locator('.console-state')).toHaveText('Waiting for the machine…');
  const again = await shell(maintenance);
  await expect(page.locator('.console-state')).toHaveText('Connected');

  const ended = { outcome: 'succeeded' as const, summary: 'looked at', report: {}, inventory: null };
  await machine.report(maintenance, { ended, waitSeconds: 5 });
  await expect(page.locator('.console-state')).toContainText('on its way back');
  again.terminate();
  expect(errors).toEqual([]);

  await page.reload();
  await expect(page.getByText('The machine is not in maintenance any more')).toBeVisible();
  await page.getByRole('link', { name: 'Play' }).click();
  await expect(page.locator('.console')).toHaveAttribute('data-state', 'ready');
  await page.getByLabel('Speed').selectOption('8');
  await page.getByRole('button', { name: 'Play' }).click();
  await expect(screen(page)).toContainText('HELLO THERE');
  await expectAccessible(page);
  expect(errors).toEqual([]);
});
