import { defineConfig } from '@playwright/test';
import { chromium } from './support/chromium.ts';
import { address, start, state } from './support/server.ts';

export default defineConfig({
  testDir: 'tests',
  globalSetup: './support/administrator.ts',
  // One server, one fleet: tests that make machines look at their own.
  workers: 1,
  // Some tests look through ten pages for all rules, while virtual machines have both processors: what hangs is found by
  // `expect`, this only ends what would never end.
  timeout: 180_000,
  // Two releases of the browser draw edges a shade differently; a part that moved is more than this.
  expect: { timeout: 30_000, toHaveScreenshot: { maxDiffPixelRatio: 0.01, scale: 'css' } },
  snapshotPathTemplate: '{testDir}/../snapshots/{arg}{ext}',
  forbidOnly: !!process.env.CI,
  reporter: [['list'], ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ?? 'test-results/report.json' }]],
  use: {
    baseURL: address,
    storageState: state,
    launchOptions: chromium,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    viewport: { width: 1280, height: 900 },
  },
  // With BASE_URL (and BOOT_URL, ENROL_KEY) set, a server that runs already is used.
  webServer: start,
});
