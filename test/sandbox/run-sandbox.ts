/** Runs the command `npm run sandbox` as a user does: a process with output, signals and an exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accountCan } from '../../sandbox/nodes/os-account.ts';
import { type OwnTemp, ownTemp } from './traces.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface SandboxRun {
  process: ChildProcess;
  temp: OwnTemp;
  stdout(): string;
  stderr(): string;
  /** Resolves when a line of the output matches; rejects with all output when the process ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit code; 128 + n for a signal that was not caught. */
  ended: Promise<number>;
}

/** @param how `launcher` (what npm calls), `npm` itself, or `main` alone. */
export function runSandbox(
  args: string[],
  options: {
    how?: 'launcher' | 'npm' | 'main';
    temp?: OwnTemp;
    env?: Record<string, string>;
    uid?: number;
  } = {},
): SandboxRun {
  const temp = options.temp ?? ownTemp();
  const site = join(temp.folder, '..', `${temp.folder.split('/').pop()}-site`);
  mkdirSync(join(site, 'sandbox'), { recursive: true });
  writeFileSync(join(site, 'sandbox', 'index.html'), '<!doctype html><title>stage</title>');
  const commands = {
    launcher: [process.execPath, 'launch.mjs', 'sandbox/main.ts', ...args],
    npm: ['npm', 'run', '--silent', 'sandbox', '--', ...args],
    main: [process.execPath, 'sandbox/main.ts', ...args],
  };
  const [program, ...rest] = commands[options.how ?? 'launcher'] as [string, ...string[]];
  const child = spawn(program, rest, {
    cwd: root,
    uid: options.uid,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temp.folder, CAPRA_SITE: site, CAPRA_DEBUG: '', ...options.env },
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  return {
    process: child,
    temp,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(stdout) ?? pattern.exec(stderr);
          if (found) resolve(found);
        };
        listeners.add(look);
        look();
        void ended.then((code) => reject(new Error(`ended with ${code}:\n${stdout}\n${stderr}`)));
      }),
  };
}

/** Whether an ordinary user could run the project from where it is. Asked when the tests run as root. */
export function nobodyReaches(): boolean {
  return accountCan({ name: 'nobody', uid: 65_534, gid: 65_534 }, 'r', join(root, 'launch.mjs'));
}
