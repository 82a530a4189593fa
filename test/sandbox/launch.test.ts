import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { root } from './run-sandbox.ts';

/** A project of its own with the real launcher, the real Node and an npm that only notes that it was called. */
let project: string;
const inProject = (...path: string[]) => join(project, ...path);

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'capra-launch-'));
  copyFileSync(join(root, 'launch.mjs'), inProject('launch.mjs'));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

beforeEach(() => {
  for (const name of ['node_modules', 'npm-calls', 'bin'])
    rmSync(inProject(name), { recursive: true, force: true });
  writeFileSync(
    inProject('target.ts'),
    `const words: string[] = process.argv.slice(2);\nconsole.log(process.version, words.join(','));`,
  );
  writeLock('package-lock.json', '1.0.0');
  mkdirSync(inProject('bin'));
  writeFileSync(
    inProject('bin', 'npm'),
    `#!/bin/sh\necho "$1" >> '${inProject('npm-calls')}'\n[ "$1" = "$NPM_FAILS" ] && { echo 'no network'; exit 7; }\n${installedScript()}\n`,
    { mode: 0o755 },
  );
});

function writeLock(file: string, version: string): void {
  const packages = {
    '': {},
    'node_modules/a': { version },
    'node_modules/other-system': { version, optional: true },
  };
  writeFileSync(inProject(file), JSON.stringify({ packages }));
}

function installedScript(): string {
  const modules = inProject('node_modules');
  return [
    `mkdir -p '${modules}/node/bin' '${modules}/.bin'`,
    `ln -sf '${process.execPath}' '${modules}/node/bin/node'`,
    `cp '${inProject('package-lock.json')}' '${modules}/.package-lock.json'`,
  ].join('\n');
}

function install(version: string): void {
  mkdirSync(inProject('node_modules', 'node', 'bin'), { recursive: true });
  mkdirSync(inProject('node_modules', '.bin'), { recursive: true });
  symlinkSync(process.execPath, inProject('node_modules', 'node', 'bin', 'node'));
  const packages = { 'node_modules/a': { version } };
  writeFileSync(inProject('node_modules', '.package-lock.json'), JSON.stringify({ packages }));
}

function launch(args: string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [inProject('launch.mjs'), ...args], {
    encoding: 'utf8',
    env: { PATH: `${inProject('bin')}:${process.env.PATH}`, ...env },
  });
}

function npmCalls(): string[] {
  try {
    return readFileSync(inProject('npm-calls'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}

describe('the launcher', () => {
  test('installs the packages of a fresh clone, then runs the target', () => {
    const run = launch(['target.ts', 'one', '--two']);
    expect(run).toMatchObject({ status: 0, stdout: `${process.version} one,--two\n` });
    expect(run.stderr).toContain('installing the packages');
    expect(npmCalls()).toEqual(['ci']);
  });

  test('does not install again what is installed', () => {
    install('1.0.0');
    expect(launch(['target.ts'])).toMatchObject({ status: 0, stderr: '' });
    expect(npmCalls()).toEqual([]);
  });

  test('installs again when the lock file asks for another version, not when it has only a new time', () => {
    install('1.0.0');
    const later = new Date(Date.now() + 5_000);
    utimesSync(inProject('package-lock.json'), later, later);
    expect(launch(['target.ts']).status).toBe(0);
    expect(npmCalls()).toEqual([]);
    writeLock('package-lock.json', '2.0.0');
    utimesSync(inProject('package-lock.json'), later, later);
    expect(launch(['target.ts']).status).toBe(0);
    expect(npmCalls()).toEqual(['ci']);
  });

  test('tries npm install when npm ci fails, and explains when both do', () => {
    expect(launch(['target.ts'], { NPM_FAILS: 'ci' }).status).toBe(0);
    expect(npmCalls()).toEqual(['ci', 'install']);
    rmSync(inProject('node_modules'), { recursive: true });
    writeFileSync(inProject('bin', 'npm'), '#!/bin/sh\necho no network\nexit 7\n', { mode: 0o755 });
    const run = launch(['target.ts']);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('no network');
    expect(run.stderr).toMatch(/capra: npm could not install the packages \(exit code 7\).*try again\.\n$/);
  });

  test('keeps the exit code, and turns a signal into 128 + n', () => {
    install('1.0.0');
    writeFileSync(inProject('target.ts'), 'process.exit(42);');
    expect(launch(['target.ts']).status).toBe(42);
    writeFileSync(inProject('target.ts'), `process.kill(process.pid, 'SIGKILL');`);
    expect(launch(['target.ts']).status).toBe(128 + constants.signals.SIGKILL);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'passes %s on and waits until the target has cleaned up',
    async (name) => {
      install('1.0.0');
      writeFileSync(
        inProject('target.ts'),
        `process.on('${name}', () => setTimeout(() => { console.log('cleaned'); process.exit(9); }, 200));
       setInterval(() => {}, 1000); console.log('up');`,
      );
      const child = spawn(process.execPath, [inProject('launch.mjs'), 'target.ts'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk) => {
        if (output === '') child.kill(name);
        output += chunk;
      });
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect({ code, output }).toEqual({ code: 9, output: 'up\ncleaned\n' });
    },
  );

  test('runs programs of the packages, scripts with the project’s Node', () => {
    install('1.0.0');
    writeFileSync(
      inProject('node_modules', 'tool.mjs'),
      '#!/usr/bin/env node\nconsole.log(process.execPath);',
      { mode: 0o755 },
    );
    symlinkSync('../tool.mjs', inProject('node_modules', '.bin', 'tool'));
    expect(launch(['tool']).stdout.trim()).toBe(process.execPath);
    expect(launch(['missing'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no program "missing"'),
    });
    expect(launch([])).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing to run') });
  });

  test('says in one sentence that a Node is too old', () => {
    const old = `Object.defineProperty(process.versions, 'node', { value: '18.20.0' });`;
    writeFileSync(inProject('old.cjs'), old);
    const run = spawnSync(
      process.execPath,
      ['--require', inProject('old.cjs'), inProject('launch.mjs'), 'target.ts'],
      {
        encoding: 'utf8',
      },
    );
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^capra: this is Node 18\.20\.0, and Capra needs Node 20 or newer[^\n]*\n$/);
    expect(npmCalls()).toEqual([]);
  });
});
