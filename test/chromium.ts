/** The Chromium of the browser tests, found in one place for all of them. */
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

/** What `CAPRA_CHROMIUM` names, else Playwright's own where it is installed, else the system's. */
export const chromiumPath = [
  process.env.CAPRA_CHROMIUM,
  chromium.executablePath(),
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
].find((place) => place !== undefined && existsSync(place));

export const noChromium =
  'there is no Chromium: run "npx playwright install chromium", or name one in CAPRA_CHROMIUM';

/** Works as root, and asks the network for nothing but our own pages. */
export const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
