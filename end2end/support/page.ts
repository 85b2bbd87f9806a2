// What the tests look for on pages.

import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';

/** No accessibility finding, by the rules of WCAG 2.2 AA and axe's own good practice. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map((one) => `${one.id}: ${one.help}\n  ${one.nodes.map((node) => node.html).join('\n  ')}`);
  expect(told, told.join('\n')).toEqual([]);
}

/**
 * Both themes and both ends of the widths, in two looks: colours do not depend on the width, nor the layout on the theme.
 */
export const looks = [
  { colorScheme: 'light', viewport: { width: 1280, height: 844 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const;

/** A look in the name of a test. */
export const named = ({ colorScheme, viewport }: (typeof looks)[number]): string => `${colorScheme}, ${viewport.width}`;

/** The page follows what happens by itself: the program in it has started. */
export async function expectLive(page: Page): Promise<void> {
  await expect(page.locator('.live')).toHaveAttribute('data-status', 'live');
}

/** A step of the trip, by its title. */
export function step(page: Page, title: string): Locator {
  return page.locator('ol.stepper > li').filter({ has: page.locator('.step-title', { hasText: title }) });
}

/** Opens the function's form on the machine's page and presses its button. */
export async function run(page: Page, title: string): Promise<void> {
  const offer = page.locator('li.offer').filter({ has: page.locator('.offer-title', { hasText: title }) }).first();
  await offer.locator('summary').first().click();
  await offer.getByRole('button', { name: /^Run / }).click();
  await page.waitForURL(/\/jobs\/[^/]+$/);
}

/** Errors of the page's own program; there must be none. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}

/** Nothing is wider than the screen. */
export async function expectFits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
}

/** Presses Tab until this has the focus, as somebody without a mouse would. */
export async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${wanted} is not reached by Tab`);
}
