// The timetable: a schedule is made by a form, its times are shown and changed, and what comes stands in the calendar.
// Its pages are documents without the program, so that all of it holds without JavaScript.

import { expect, test, type Locator, type Page } from '@playwright/test';
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

  for (const view of ['agenda', 'day', 'week', 'month']) {
    await page.goto(`/schedules?view=${view}&at=2031-03-25&zone=Europe/Berlin&named=${prefix}`);
    await expect(page.getByRole('link', { name: new RegExp(prefix) }).first()).toBeVisible();
    await expectAccessible(page);
  }
  await page.goto(`/schedules?view=year&at=2031-03-25&zone=Europe/Berlin&named=${prefix}`);
  await expectAccessible(page);
  await page.getByRole('link', { name: /^26 March: 1 time/ }).click();
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
  await page.getByText('Paste its text instead').click();
  const paste = page.locator('form[action="/schedules/times/import"]');
  await paste.getByLabel('Name of the calendar').fill(name);
  await paste.getByLabel('Times without a zone are of').fill('Europe/Berlin');
  const event = ['BEGIN:VEVENT', 'UID:1', 'DTSTART;VALUE=DATE:20311224', 'DTEND;VALUE=DATE:20311227', `SUMMARY:${name}`, 'END:VEVENT'];
  await paste.getByLabel('Text of the file').fill(['BEGIN:VCALENDAR', ...event, 'END:VCALENDAR'].join('\r\n'));
  await paste.getByRole('button', { name: 'Read it' }).click();
  await expect(page.getByText(`from ${name}`)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: `Take away ${name}` }).click();
  await expect(page.getByText(`from ${name}`)).toHaveCount(0);
});

test('blackouts are read from a file', async ({ page }) => {
  const name = `exams ${randomBytes(3).toString('hex')}`;
  await page.goto('/schedules/times');
  const form = page.locator('form[action="/schedules/times/import/file"]');
  await form.getByLabel('Name of the calendar').fill(name);
  const event = `BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20311201\r\nSUMMARY:${name}\r\nEND:VEVENT\r\n`;
  const buffer = Buffer.from(`BEGIN:VCALENDAR\r\n${event}END:VCALENDAR\r\n`);
  await form.getByLabel('File').setInputFiles({ name: 'exams.ics', mimeType: 'text/calendar', buffer });
  await form.getByRole('button', { name: 'Send the file' }).click();
  await expect(page.getByText(`from ${name}`)).toBeVisible();
  await page.getByRole('button', { name: `Take away ${name}` }).click();
  await expect(page.getByText(`from ${name}`)).toHaveCount(0);
});

test('a calendar that cannot be read says why, and is taken away', async ({ page }) => {
  const name = `away ${randomBytes(3).toString('hex')}`;
  await page.goto('/schedules/times');
  const form = page.locator('form[action="/schedules/calendars"]');
  await form.getByLabel('Address').fill('http://127.0.0.1:9/holidays.ics');
  await form.getByLabel('Name of the calendar').fill(name);
  await form.getByRole('button', { name: 'Read it from now on' }).click();
  const row = page.getByRole('listitem').filter({ hasText: name });
  await expect(async () => {
    await page.reload();
    await expect(row).toContainText('an address of your own networks', { timeout: 500 });
  }).toPass();
  await expectAccessible(page);
  await row.getByRole('button', { name: `Take away: ${name}` }).click();
  await expect(row).toHaveCount(0);
});

async function drag(page: Page, from: Locator, to: Locator) {
  const corner = async (of: Locator, part: number) => {
    const box = (await of.boundingBox())!;
    return [box.x + box.width / 2, box.y + box.height * part] as const;
  };
  // Not on what stands in a day, but below it.
  await page.mouse.move(...await corner(from, (await from.evaluate((node) => node.tagName)) === 'TD' ? 0.9 : 0.5));
  await page.mouse.down();
  await page.mouse.move(...await corner(to, 0.8), { steps: 8 });
  await page.mouse.up();
}

test('a time is dragged to another day, a new schedule over three, and a blackout gets longer', async ({ page }) => {
  const prefix = `drag-${randomBytes(3).toString('hex')}`;
  await (await Machine.enrol(prefix)).heartbeat();
  await page.goto(`/schedules/new?name=${prefix}&function=inventory&q=${prefix}&date=2031-03-05&time=04:00&zone=UTC&repeat=once`);
  await page.getByRole('button', { name: 'Keep the schedule' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(prefix);
  const month = `/schedules?view=month&at=2031-03-05&zone=UTC&named=${prefix}`;
  const day = (date: string) => page.locator(`td[data-date="2031-03-${date}"]`);
  await page.goto(month);
  await drag(page, day('05').locator('.day-entry'), day('07'));
  await expect(day('07').locator('.day-entry')).toContainText(prefix);
  await expect(day('05').locator('.day-entry')).toHaveCount(0);

  await drag(page, day('11'), day('13'));
  await expect(page.getByLabel('First on')).toHaveValue('2031-03-11');
  await expect(page.getByLabel('Last on')).toHaveValue('2031-03-13');
  await expect(page.getByLabel('Again')).toHaveValue('daily');

  await page.goto('/schedules/times');
  await page.getByLabel('Kind').selectOption('blackout');
  await page.getByLabel('Name', { exact: true }).fill(prefix);
  await page.getByLabel('First on').fill('2031-03-19');
  await page.getByLabel('From', { exact: true }).fill('00:00');
  await page.getByLabel('To', { exact: true }).fill('00:00');
  await page.getByLabel('By the clocks of').fill('UTC');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.goto(month);
  await drag(page, day('19').locator('.stretch').last(), day('21'));
  await expect(day('21')).toContainText(prefix);
  await page.goto('/schedules/times');
  await expect(page.getByLabel(`Last day of ${prefix}`)).toHaveValue('2031-03-21');
  await page.getByRole('button', { name: `Take away ${prefix}` }).click();
});

test('the next seven days are told with what is sent', async ({ page }) => {
  const prefix = `ahead-${randomBytes(3).toString('hex')}`;
  await (await Machine.enrol(prefix)).heartbeat();
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await page.goto(`/schedules/new?name=${prefix}&function=inventory&q=${prefix}&date=${tomorrow}&time=04:00&zone=UTC&repeat=daily&count=3`);
  await page.getByRole('button', { name: 'Keep the schedule' }).click();
  await page.goto('/schedules/forecast');
  await expect(page.getByRole('row').filter({ hasText: prefix })).toContainText(/3 times\s*1 machine/);
  await expectAccessible(page);
  await page.getByRole('link', { name: prefix }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
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
