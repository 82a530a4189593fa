import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

let current: ChildProcess | null = null;
let stopped = 0;

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    stopped = 128 + constants.signals[name];
    // A terminal has told the child already.
    if (current && !(name === 'SIGINT' && process.stdin.isTTY)) current.kill(name);
    if (!current) process.exit(stopped);
  });
}

export interface ChildResult {
  code: number;
  /** Standard output, where it was captured. */
  output: string;
}

/**
 * Runs one program of the project with live output. A signal ends it, and then us.
 * @param capture also collect standard output.
 */
export async function runChild(
  command: string[],
  env: Record<string, string> = {},
  capture = false,
): Promise<ChildResult> {
  const [program, ...args] = command as [string, ...string[]];
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`;
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
    env: { ...process.env, PATH: path, ASTRO_TELEMETRY_DISABLED: '1', ...env },
    shell: process.platform === 'win32',
  });
  current = child;
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      process.stdout.write(`${program} can't be started: ${error.message}\n`);
      resolve(127);
    });
    child.once('close', (status, signal) =>
      resolve(signal ? 128 + constants.signals[signal] : (status ?? 1)),
    );
  });
  current = null;
  if (stopped) process.exit(stopped);
  return { code, output };
}
