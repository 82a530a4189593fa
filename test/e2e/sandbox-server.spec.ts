/** The same page and the same stories, on PostgreSQL servers that `npm run sandbox` starts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  conflictIsDecided,
  errorIsMarked,
  insertTravels,
  resetBringsBack,
  SandboxPage,
  stoppedNodeCatchesUp,
} from './sandbox-page.ts';
import { expect, test as onSite } from './site-fixture.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const site = process.env.CAPRA_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));

interface RunningSandbox {
  url: string;
  stop(): Promise<void>;
}

/** Starts the real command and waits for its line. */
async function startSandbox(port: number): Promise<RunningSandbox> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['sandbox/main.ts', '--provider', 'embedded', '--port', String(port), '--json'],
    { cwd: root, env: { ...process.env, CAPRA_SITE: site }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let told = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    told += chunk;
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The sandbox ended with code ${code}. It said:\n${told}`);
  });
  ended.catch(() => undefined);
  const first = once(createInterface({ input: child.stdout! }), 'line');
  const [line] = await Promise.race([first, ended]);
  return {
    url: (JSON.parse(line) as { url: string }).url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended.catch(() => undefined);
    },
  };
}

const test = onSite.extend<object, { server: RunningSandbox }>({
  server: [
    async ({ browserName: _ }, use) => {
      const server = await startSandbox(0);
      await use(server);
      await server.stop();
    },
    { scope: 'worker', timeout: 180_000 },
  ],
});

test.describe.configure({ timeout: 120_000 });

/** All tests of a worker share one cluster: each begins with the first rows. */
async function openFresh(sandbox: SandboxPage, url: string): Promise<void> {
  await sandbox.open(url);
  await sandbox.press('Reset');
  await sandbox.page.getByRole('dialog').getByRole('button', { name: 'Reset the cluster' }).click();
  await expect(sandbox.page.getByRole('button', { name: 'Reset', exact: true })).toBeEnabled({
    timeout: 30_000,
  });
  await expect(sandbox.row('13')).toHaveCount(0);
  await sandbox.expectEqual(30_000);
}

test('a row typed on node a is seen on b and c; an error is marked at its place', async ({
  page,
  server,
}) => {
  const sandbox = new SandboxPage(page);
  await openFresh(sandbox, server.url);
  await page.getByText('On this machine').click();
  await expect(page.getByText(/^psql '?postgres/).first()).toBeVisible();
  await page.getByText('On this machine').click();
  await insertTravels(sandbox);
  await errorIsMarked(sandbox);
});

test('both sides of a cut write the same row: one wins everywhere, the other is kept', async ({
  page,
  server,
}) => {
  const sandbox = new SandboxPage(page);
  await openFresh(sandbox, server.url);
  await conflictIsDecided(sandbox);
});

test('a stopped node catches up, and reset brings the first rows back', async ({ page, server }) => {
  const sandbox = new SandboxPage(page);
  await openFresh(sandbox, server.url);
  await stoppedNodeCatchesUp(sandbox);
  await resetBringsBack(sandbox);
});

test('two visitors see the same cluster', async ({ page, server, context }) => {
  const one = new SandboxPage(page);
  await openFresh(one, server.url);
  const other = new SandboxPage(await context.newPage());
  await other.open(server.url);
  await one.run('a', "INSERT INTO goat (id, name) VALUES (77, 'Sarrio')");
  await expect(other.row('77')).toHaveAttribute('data-equal', 'true');
  await other.press('Pause the engine');
  await expect(one.page.getByRole('button', { name: 'Resume the engine' })).toBeVisible();
  await one.press('Resume the engine');
  await other.expectEqual();
});

test('a server that went away is said, and the page comes back with it', async ({ page, pageErrors }) => {
  const first = await startSandbox(0);
  const sandbox = new SandboxPage(page);
  let second: RunningSandbox | undefined;
  try {
    await sandbox.open(first.url);
    await first.stop();
    await expect(page.getByRole('alert')).toContainText(/connection to the cluster is lost|does not answer/);
    await expect(page.getByRole('button', { name: 'Run on a' })).toBeDisabled();
    second = await startSandbox(Number(new URL(first.url).port));
    await expect(page.getByRole('alert')).toHaveCount(0, { timeout: 30_000 });
    await sandbox.expectEqual(30_000);
    await sandbox.run('a', "INSERT INTO goat (id, name) VALUES (14, 'Back')");
    await expect(sandbox.row('14')).toHaveAttribute('data-equal', 'true');
    // While the server was away, the browser reported each attempt.
    pageErrors.length = 0;
  } finally {
    await first.stop();
    await second?.stop();
  }
});
