// The browser tests of the built product. Every test runs on both databases, except those in tests/pages: what a page
// looks like hardly depends on where its data is stored, so that PostgreSQL's are looked at in one language, by the tests
// there without the tag @one-database. Start: scripts/with-postgres npm test --prefix end2end
import { defineConfig } from '@playwright/test';

import { chromium, origin } from './support/places.ts';

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  globalSetup: './support/global-setup.ts',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  // Generous: the machine may be slow and busy. Nothing here measures time.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['./support/summary.ts']],
  use: {
    locale: 'en-US',
    colorScheme: 'light',
    viewport: { width: 1280, height: 800 },
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    // A trace films every step and keeps every answer, which is a good part of the work of a short test. A picture stays of
    // what failed; for the rest run the test again: npm test --prefix end2end -- --trace retain-on-failure
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromium(),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  projects: [
    { name: 'sqlite', testIgnore: '**/afterwards/**', use: { baseURL: origin('sqlite', 'main') }, teardown: 'sqlite-afterwards' },
    { name: 'sqlite-afterwards', testMatch: '**/afterwards/**', use: { baseURL: origin('sqlite', 'main') } },
    {
      name: 'postgres',
      testIgnore: ['**/afterwards/**', /\/tests\/pages\/(?!looks\.spec\.ts$)/],
      grepInvert: /@one-database/,
      use: { baseURL: origin('postgres', 'main') },
      teardown: 'postgres-afterwards',
    },
    { name: 'postgres-afterwards', testMatch: '**/afterwards/**', use: { baseURL: origin('postgres', 'main') } },
  ],
});
