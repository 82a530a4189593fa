import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';
import { nobodyReaches, runSandbox, type SandboxRun } from './run-sandbox.ts';
import { ownTemp, until } from './traces.ts';

const runs: SandboxRun[] = [];
const run: typeof runSandbox = (args, options) => {
  const started = runSandbox(args, options);
  runs.push(started);
  return started;
};
afterEach(async () => {
  for (const { process: child, temp, ended } of runs.splice(0)) {
    child.kill('SIGKILL');
    await until(temp.processes, (left) => left.length === 0, 20_000);
    await ended;
    temp.remove();
    rmSync(`${temp.folder}-site`, { recursive: true, force: true });
  }
});

const embedded = ['--provider', 'embedded', '--port', '0', '--nodes', '2'];
/** A message for a person: one line, a way out, no stack. */
const oneSentence = /^capra: [^\n]+\n$/;

describe('the sandbox command', () => {
  test('says when it is ready and how psql gets in; what a client writes on one node arrives on the others', async () => {
    const sandbox = run(['--provider', 'embedded', '--port', '0']);
    const [, port] = await sandbox.line(/^Capra is ready: http:\/\/127\.0\.0\.1:(\d+)\/sandbox$/m);
    await sandbox.line(/^Ctrl-C/m);
    const urls = [...sandbox.stdout().matchAll(/^psql '(postgresql:[^']+)'$/gm)].map(([, url]) => url ?? '');
    expect(urls).toHaveLength(3);
    expect((await fetch(`http://127.0.0.1:${port}/sandbox`)).status).toBe(200);

    const [a, b, c] = await Promise.all(urls.map((url) => connectPostgres(url, { node: 'client' })));
    await a?.query(`insert into goat (id, name) values (4711, 'Flora')`);
    for (const db of [b, c]) {
      const names = await until(
        async () => (await db?.query('select name from goat where id = 4711')) ?? [],
        (rows) => rows.length > 0,
        10_000,
      );
      expect(names).toEqual([{ name: 'Flora' }]);
    }
    await Promise.all([a, b, c].map((db) => db?.close()));

    sandbox.process.kill('SIGTERM');
    expect(await sandbox.ended).toBe(143);
    expect(sandbox.temp.left()).toEqual([]);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  test('with --json prints one line for machines and nothing else on stdout', async () => {
    const sandbox = run([...embedded, '--json']);
    await sandbox.line(/^\{.*\}$/m);
    await sandbox.line(/started in/);
    const ready = JSON.parse(sandbox.stdout());
    expect(ready).toMatchObject({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/sandbox$/),
      nodes: ['a', 'b'].map((name) => ({
        name,
        connectionString: expect.stringMatching(/^postgresql:/),
        version: expect.stringMatching(/^18\./),
      })),
    });
    sandbox.process.kill('SIGINT');
    expect(await sandbox.ended).toBe(130);
    expect(sandbox.stdout().trim().split('\n')).toHaveLength(1);
  });

  test('prints its options', async () => {
    const help = run(['--help']);
    expect(await help.ended).toBe(0);
    for (const option of ['provider', 'nodes', 'port', 'host', 'data', 'json', 'image', 'help']) {
      expect(help.stdout()).toContain(`--${option}`);
    }
  });

  test.each([
    [['--nodes', '1'], '--nodes is "1"'],
    [['--nodes', '9'], 'from 2 to 8'],
    [['--nodes', '3x'], '--nodes is "3x"'],
    [['--port', '70000'], '--port is "70000"'],
    [['--port'], "'--port"],
    [['--provider', 'oracle'], 'auto, docker or embedded'],
    [['--colour'], '--colour'],
    [['a'], "'a'"],
    [['--data='], '--data is empty'],
    [['--provider', 'docker', '--data', 'x', '--port', '0'], 'containers keep nothing'],
    [['--provider', 'embedded', '--image', 'x', '--port', '0'], '--image names an image for Docker'],
  ])('refuses %j in one sentence', async (args, words) => {
    const sandbox = run(args, { how: 'main' });
    expect(await sandbox.ended).toBe(2);
    expect(sandbox.stderr()).toMatch(oneSentence);
    expect(sandbox.stderr()).toContain(words);
  });
});

describe('what stands in the way is said in one sentence', () => {
  test('a port in use, before anything is started', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const sandbox = run(['--provider', 'embedded', '--port', String(port)], { how: 'main' });
    expect(await sandbox.ended).toBe(1);
    expect(sandbox.stderr()).toMatch(oneSentence);
    expect(sandbox.stderr()).toContain(`port ${port} on 127.0.0.1 is in use`);
    expect(sandbox.stderr()).toContain('--port');
    expect(sandbox.stdout()).toBe('');
    other.close();
  });

  test.each([
    ['203.0.113.7', 'is no address of this machine'],
    ['no-such-host.invalid', '--host 127.0.0.1'],
  ])('the host %s', async (host, words) => {
    const sandbox = run([...embedded, '--host', host], { how: 'main' });
    expect(await sandbox.ended).toBe(1);
    expect(sandbox.stderr()).toMatch(oneSentence);
    expect(sandbox.stderr()).toContain(words);
  });

  test('a temporary folder that is not there', async () => {
    const sandbox = run(embedded, { how: 'main', env: { TMPDIR: '/nowhere/at/all' } });
    expect(await sandbox.ended).toBe(1);
    expect(sandbox.stderr()).toMatch(oneSentence);
    expect(sandbox.stderr()).toContain('Set TMPDIR');
  });

  test('a folder for --data without the right to write', async ({ skip }) => {
    const root = process.getuid?.() === 0;
    skip(root && !nobodyReaches(), 'the clone is in a folder that only root can read');
    const temp = ownTemp();
    const closed = join(temp.folder, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    // Root may write everywhere.
    const uid = root ? 65_534 : undefined;
    const sandbox = run([...embedded, '--data', join(closed, 'data')], { how: 'main', temp, uid });
    expect(await sandbox.ended).toBe(1);
    expect(sandbox.stderr()).toMatch(oneSentence);
  });

  test.for([8, 30, 90])('a disk of %i MB that fills up; nothing stays on it', async (size, { skip }) => {
    const temp = ownTemp();
    const disk = join(temp.folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m,mode=1777`, 'tmpfs', disk]);
    skip(mounted.status !== 0, 'a small disk can only be mounted by root');
    try {
      const sandbox = run(['--provider', 'embedded', '--port', '0'], {
        how: 'main',
        temp,
        env: { TMPDIR: disk },
      });
      expect(await sandbox.ended).toBe(1);
      expect(sandbox.stderr()).toMatch(oneSentence);
      expect(sandbox.stderr()).toContain('disk is full');
      expect(spawnSync('ls', ['-A', disk], { encoding: 'utf8' }).stdout).toBe('');
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });
});

describe('nothing is left behind', () => {
  const moments = [0, 40, 100, 200, 400, 700, 1_000, 1_500];

  test.each(moments)('after Ctrl-C %i ms into the start', async (ms) => {
    const sandbox = run(embedded);
    await new Promise((resolve) => setTimeout(resolve, ms));
    sandbox.process.kill('SIGINT');
    const began = performance.now();
    expect(await sandbox.ended).toBe(130);
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(sandbox.temp.left()).toEqual([]);
    expect(sandbox.stderr()).toBe('');
  });

  test('after SIGTERM to npm', async () => {
    // npm keeps a cache of its own in the temporary folder.
    const sandbox = run(embedded, { how: 'npm', env: { NODE_DISABLE_COMPILE_CACHE: '1' } });
    await sandbox.line(/^Capra is ready/m);
    sandbox.process.kill('SIGTERM');
    await sandbox.ended;
    expect(await until(sandbox.temp.left, (left) => left.length === 0, 15_000)).toEqual([]);
  });

  test('after the terminal is closed', async () => {
    const sandbox = run(embedded);
    await sandbox.line(/^Capra is ready/m);
    sandbox.process.kill('SIGHUP');
    expect(await sandbox.ended).toBe(129);
    expect(sandbox.temp.left()).toEqual([]);
  });

  test.each(['launcher', 'main'] as const)('after the %s is killed', async (how) => {
    const sandbox = run(embedded, { how });
    await sandbox.line(/^Capra is ready/m);
    sandbox.process.kill('SIGKILL');
    expect(await until(sandbox.temp.left, (left) => left.length === 0, 30_000)).toEqual([]);
  });

  test('but the data of --data, when it was asked for', async () => {
    const temp = ownTemp();
    const data = join(temp.folder, 'data');
    const insert = `insert into goat (id, name) values (4711, 'Kept')`;
    for (const statement of [insert, 'select name from goat where id = 4711']) {
      const sandbox = run([...embedded, '--data', data, '--json'], { temp });
      const [line] = await sandbox.line(/^\{.*\}$/m);
      const db = await connectPostgres(JSON.parse(line).nodes[1].connectionString, { node: 'b' });
      const rows = await db.query(statement);
      if (statement !== insert) expect(rows).toEqual([{ name: 'Kept' }]);
      await db.close();
      sandbox.process.kill('SIGTERM');
      expect(await sandbox.ended).toBe(143);
      expect(temp.left()).toEqual(['file data']);
    }
  });
});
