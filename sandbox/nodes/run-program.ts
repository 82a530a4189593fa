import { spawn } from 'node:child_process';
import { CapraError } from '../../src/engine/errors.ts';
import type { Guard } from './guard-client.ts';
import { type OsAccount, spawnAs } from './os-account.ts';
import { killTree } from './process-tree.ts';

export interface RunOptions {
  account?: OsAccount | null;
  /** Text for standard input. */
  input?: string;
  /** Kills the program. */
  abort: AbortSignal;
  guard: Guard;
}

/**
 * Runs one helper program to its end.
 * @throws {CapraError} `program-failed` with the end of its output; `stopped` when it was aborted.
 */
export async function runProgram(program: string, args: string[], options: RunOptions): Promise<void> {
  options.abort.throwIfAborted();
  const child = spawn(program, args, {
    ...spawnAs(options.account ?? null),
    cwd: '/',
    detached: true,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', SystemRoot: process.env.SystemRoot },
  });
  const { pid } = child;
  if (pid) options.guard.tell({ child: pid });
  const kill = () => void (pid && killTree(pid));
  options.abort.addEventListener('abort', kill);
  let output = '';
  const collect = (chunk: Buffer) => {
    output = (output + chunk).slice(-4_000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    options.abort.throwIfAborted();
    if (code !== 0) throw startError(`${program.split('/').pop()} failed`, output);
  } finally {
    options.abort.removeEventListener('abort', kill);
    if (pid) options.guard.tell({ ended: pid });
  }
}

/** An error of PostgreSQL's programs as a sentence: the cause in words where it is a known one. */
export function startError(what: string, output: string): CapraError {
  if (/No space left on device/i.test(output)) {
    return new CapraError(
      'disk-full',
      'the disk is full: a node needs about 60 MB. Free some space, or choose another disk with TMPDIR or --data.',
    );
  }
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => /FATAL|PANIC|ERROR|error:|HINT|DETAIL/.test(line));
  const shown = (telling.length > 0 ? telling : lines).slice(-4).map((line) => line.trim());
  return new CapraError('program-failed', `${what}: ${shown.join(' ') || 'it gave no reason'}`);
}
