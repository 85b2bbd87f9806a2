// Takes the pictures of README and docs (`cargo xtask pictures`); no test.

import { defineConfig } from '@playwright/test';
import { chromium } from './support/chromium.ts';

export default defineConfig({
  testDir: 'pictures',
  workers: 1,
  reporter: 'line',
  expect: { timeout: 20_000 },
  use: { baseURL: process.env.PREVIEW ?? 'http://127.0.0.1:8197', launchOptions: chromium, timezoneId: 'Europe/Berlin', locale: 'en-GB' },
});
