// Pictures of every page, for people who look at the design: scripts/screenshots writes them to end2end/screenshots/.
import { defineConfig } from '@playwright/test';

import tests from '../playwright.config.ts';

export default defineConfig({
  ...tests,
  testDir: '.',
  testMatch: 'screenshots.ts',
  outputDir: '../test-results',
  globalSetup: './global-setup.ts',
  reporter: 'list',
  projects: [{ name: 'sqlite', use: { baseURL: 'http://localhost:3110' } }],
});
