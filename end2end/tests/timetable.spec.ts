// The timetable: a schedule is made by a form, its times are shown and changed, and what comes stands in the calendar.
// Its pages are documents without the program, so that all of it holds without JavaScript.

import { expect, test } from '@playwright/test';
import { randomBytes } from 'node:crypto';
import { Machine } from '../support/machine.ts';
import { expectAccessible } from '../support/page.ts';

test('a schedule is made with a preview, found in the calendar, moved, left out, paused and deleted', async ({ page }) => {
  const prefix = `when-${randomBytes(3).toString('hex')}`;
  await (await Machine.enrol(prefix)).heartbeat();

  await page.goto('/schedules/new');
  await expectAccessible(page);
  await page.getByLabel('Name', { exact: true }).fill(prefix);
  await page.getByLabel('Function').selectOption('inventory');
  await page.getByLabel(/fleet's search/).fill(prefix);
  await page.getByLabel('First on').fill('2031-03-25');
  await page.getByLabel('At', { exact: true }).fill('02:30');
  await page.getByLabel('By the clocks of').selectOption('Europe/Berlin');
  await page.getByLabel('Again').selectOption('daily');
  await page.getByRole('button', { name: 'Show what would happen' }).click();

  const would = page.getByRole('region', { name: 'What would happen' });
  await expect(would).toContainText('every day at 2:30, Berlin time');
  await expect(would).toContainText('clocks are put ahead over 2:30 that day: it begins at 3:30');
  await expect(would).toContainText(/machines? of 1 now found/);
  await expect(would.locator('ol.entries > li')).toHaveCount(10);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Keep the schedule' }).click();

  await expect(page.getByRole('heading', { level: 1 })).toHaveText(prefix);
  await expectAccessible(page);
  const next = page.getByRole('region', { name: 'What comes' }).locator('ol.entries > li');
  await next.nth(1).getByText('Change this one').click();
  await next.nth(1).getByRole('button', { name: 'Leave it out' }).click();
  await expect(next.nth(1)).toContainText('left out');
  await next.nth(1).getByRole('button', { name: 'Do it after all' }).click();
  await expect(next.nth(1)).toContainText('coming');
  await next.nth(0).getByText('Change this one').click();
  await next.nth(0).getByLabel('Move it to').fill('2031-03-25T05:00');
  await next.nth(0).getByRole('button', { name: 'Move', exact: true }).click();
  await expect(next.nth(0)).toContainText('5:00');
  await expect(next.nth(0)).toContainText('moved from another time');

  for (const view of ['agenda', 'week', 'month']) {
    await page.goto(`/schedules?view=${view}&at=2031-03-25&zone=Europe/Berlin&named=${prefix}`);
    await expect(page.getByRole('link', { name: new RegExp(prefix) }).first()).toBeVisible();
    await expectAccessible(page);
  }
  await page.getByRole('link', { name: new RegExp(prefix) }).first().click();
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('Paused since')).toBeVisible();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Timetable');
});

test('blackouts are read from a calendar, shown on their days, and taken away', async ({ page }) => {
  const name = `holidays ${randomBytes(3).toString('hex')}`;
  await page.goto('/schedules/times');
  await expectAccessible(page);
  await page.getByLabel('Name of the calendar').fill(name);
  await page.getByLabel('Times without a zone are of').fill('Europe/Berlin');
  const event = ['BEGIN:VEVENT', 'UID:1', 'DTSTART;VALUE=DATE:20311224', 'DTEND;VALUE=DATE:20311227', `SUMMARY:${name}`, 'END:VEVENT'];
  await page.getByLabel('Text of the file').fill(['BEGIN:VCALENDAR', ...event, 'END:VCALENDAR'].join('\r\n'));
  await page.getByRole('button', { name: 'Read it' }).click();
  await expect(page.getByText(`from ${name}`)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: `Take away ${name}` }).click();
  await expect(page.getByText(`from ${name}`)).toHaveCount(0);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('what cannot be understood is said above the form, and nothing is kept', async ({ page }) => {
    await page.goto('/schedules/new');
    await page.getByLabel('Name', { exact: true }).fill('nonsense');
    await page.getByLabel('Function').selectOption('inventory');
    await page.getByLabel('Again').selectOption('rule');
    await page.getByLabel('Rule of iCalendar').fill('FREQ=NEVER');
    await page.getByRole('button', { name: 'Keep the schedule' }).click();
    await expect(page.getByRole('alert').first()).toContainText('FREQ cannot be `NEVER`');
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('nonsense');
  });
});
