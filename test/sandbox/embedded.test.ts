import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmbeddedProvider } from '../../sandbox/nodes/embedded.ts';
import { describeNodes } from './node-contract.ts';
import { nobodyReaches } from './run-sandbox.ts';
import { type OwnTemp, ownTemp, sharedMemorySegments, until } from './traces.ts';

const holder = fileURLToPath(new URL('./fixtures/hold-nodes.ts', import.meta.url));

describe('embedded nodes', () => {
  describeNodes(async () => new EmbeddedProvider());
});

describe('embedded nodes leave nothing behind', () => {
  let temp: OwnTemp;
  const before = process.env.TMPDIR;
  beforeEach(() => {
    temp = ownTemp();
    process.env.TMPDIR = temp.folder;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    temp.remove();
  });

  test('when they are disposed of, stopped, killed or running', async () => {
    const provider = new EmbeddedProvider();
    const [, stopped, killed] = await Promise.all(['a', 'b', 'c'].map((name) => provider.start({ name })));
    await stopped?.stop();
    await killed?.kill();
    expect(temp.left()).not.toEqual([]);
    await provider.dispose();
    await provider.dispose();
    expect(temp.left()).toEqual([]);
  });

  test.each([0, 20, 60, 120, 200, 350])(
    'when they are disposed of %i ms after the start began',
    async (ms) => {
      const provider = new EmbeddedProvider();
      const starts = Promise.allSettled(['a', 'b', 'c'].map((name) => provider.start({ name })));
      await new Promise((resolve) => setTimeout(resolve, ms));
      await provider.dispose();
      await starts;
      expect(temp.left()).toEqual([]);
      await expect(provider.start({ name: 'd' })).rejects.toMatchObject({ code: 'stopped' });
    },
  );

  test('when our own process is killed: the guard stops the servers and removes the folder', async () => {
    const child = spawn(process.execPath, [holder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(temp.processes().length).toBeGreaterThan(3);
    const segments = sharedMemorySegments();
    child.kill('SIGKILL');
    expect(await until(temp.left, (left) => left.length === 0, 20_000)).toEqual([]);
    // Two servers had a segment each; other runs on this machine may come and go.
    expect(segments.filter((id) => !sharedMemorySegments().includes(id)).length).toBeGreaterThanOrEqual(2);
  });
});

describe('an embedded node', () => {
  test('whose port was taken while it was stopped says so in one sentence', async () => {
    const provider = new EmbeddedProvider();
    try {
      const node = await provider.start({ name: 'a' });
      await node.stop();
      const thief = createServer();
      const port = Number(new URL(node.connectionString as string).port);
      await new Promise<void>((resolve) => thief.listen(port, '127.0.0.1', resolve));
      // A new node may move, a known one may not.
      await expect(node.start()).rejects.toMatchObject({
        code: 'port-taken',
        message: expect.stringContaining(String(port)),
      });
      await new Promise((resolve) => thief.close(resolve));
      await node.start();
    } finally {
      await provider.dispose();
    }
  });

  test('runs as well when the user is not root', ({ skip }) => {
    skip(process.getuid?.() !== 0, 'all other tests show it: this user is not root');
    skip(!nobodyReaches(), 'the clone is in a folder that only root can read');
    const temp = ownTemp();
    const run = spawnSync(process.execPath, [holder, 'once'], {
      uid: 65_534,
      gid: 65_534,
      env: { PATH: process.env.PATH, TMPDIR: temp.folder, HOME: temp.folder },
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect(run.stdout).toContain('postgresql://speaker');
    expect(temp.left()).toEqual([]);
    temp.remove();
  });
});
