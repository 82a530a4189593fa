/** A page that is built as the site is, served from a folder of a plain static host, and opened in Chromium. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { build, preview } from 'vite';
import { bake } from '../../sandbox/bake.ts';
import { chromiumArguments, chromiumPath } from '../chromium.ts';

export interface TestPage {
  page: Page;
  /** What a visitor would find in the console: errors only. */
  problems: string[];
  close(): Promise<void>;
}

const here = import.meta.dirname;
/** A site need not be at the root of its host. */
const BASE = '/pug/';

export async function openPage(): Promise<TestPage> {
  await bake();
  const outDir = await mkdtemp(join(tmpdir(), 'capra-page-'));
  const common = {
    configFile: false as const,
    root: join(here, 'fixtures', 'browser-page'),
    base: BASE,
    logLevel: 'error' as const,
    publicDir: join(here, '..', '..', 'src', 'public'),
    worker: { format: 'es' as const },
    build: { outDir, emptyOutDir: true, target: 'es2023' },
  };
  await build(common);
  const server = await preview({ ...common, preview: { host: '127.0.0.1', port: 0, strictPort: false } });
  let browser: Browser | null = null;
  const close = async () => {
    await browser?.close();
    await server.close();
    await rm(outDir, { recursive: true, force: true });
  };
  try {
    browser = await launch();
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    const address = server.httpServer.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await page.goto(`http://127.0.0.1:${port}${BASE}`);
    await page.waitForFunction(() => 'page' in globalThis);
    return { page, problems, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function launch(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: chromiumArguments,
  });
}
