import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { test as base, type ConsoleMessage, expect, type Page } from '@playwright/test';
import { staticSite } from '../../sandbox/server/static-site.ts';

/** The built site; `CAPRA_DIST` names another folder. */
const DIST = process.env.CAPRA_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));

export const TALK = '/talks/bucardo-replication-for-postgresql/';

interface SiteFixtures {
  /** Everything that went wrong in the page; a test that ends with an entry here fails. */
  pageErrors: string[];
}

/**
 * Serves the built site, with the headers of the real server, on a port of its own, and lets no test pass whose page has
 * written an error to its console.
 */
export const test = base.extend<SiteFixtures, { siteUrl: string }>({
  siteUrl: [
    // Playwright reads from the pattern what a fixture needs; it has to name something.
    async ({ browserName: _ }, use) => {
      if (!existsSync(`${DIST}/index.html`))
        throw new Error(`There is no built site in ${DIST}. Run npm run build first.`);
      const serve = staticSite(DIST);
      const server = createServer((request, response) => void serve(request, response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    { scope: 'worker' },
  ],
  baseURL: ({ siteUrl }, use) => use(siteUrl),
  pageErrors: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('console', (message: ConsoleMessage) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await use(errors);
      expect(errors, 'errors in the console of the page').toEqual([]);
    },
    { auto: true },
  ],
});

/** Nothing sticks out to the side. */
export async function expectNoSideScroll(page: Page): Promise<void> {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  expect(content, 'width of the content').toBeLessThanOrEqual(window!);
}

export { expect };
