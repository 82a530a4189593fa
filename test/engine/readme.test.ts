import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { startNodes } from './harness.ts';

const root = resolve(import.meta.dirname, '../..');

test('the ten lines of the README replicate', async () => {
  const [, example] = /```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  expect(example!.split('\n').filter((line) => line.trim()).length).toBeLessThanOrEqual(10);
  const folder = mkdtempSync(join(tmpdir(), 'capra-readme-'));
  const file = join(folder, 'example.ts');
  writeFileSync(file, example!.replaceAll("'./src/", `'${pathToFileURL(root).href}/src/`));
  const nodes = await startNodes('postgres', 2, 'create table goat (id int primary key, name text)');
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, NODE_A: nodes.urls.a!, NODE_B: nodes.urls.b! },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('exit', (code) => reject(new Error(`the example ended with ${code}`)));
      child.stdout.on('data', (chunk) => String(chunk).includes('engine') && resolve());
    });
    await nodes.sql.b!.script(`insert into goat values (1, 'Ada')`);
    await expect.poll(() => nodes.sql.a!.query('select name from goat')).toEqual([{ name: 'Ada' }]);
  } finally {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    await nodes.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
});
