import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GuardLine } from './guard.ts';

/** Our end of the pipe to the guard process. */
export interface Guard {
  tell(line: GuardLine): void;
  /** Everything is cleaned up: the guard may leave. Resolves when it has. */
  release(): Promise<void>;
}

/** Starts a guard of its own session, so that neither Ctrl-C nor the end of the terminal reaches it. */
export function startGuard(): Guard {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./guard.ts', import.meta.url))], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => {});
  child.unref();
  return {
    tell: (line) => void child.stdin.write(`${JSON.stringify(line)}\n`),
    async release() {
      child.ref();
      child.stdin.end('done\n');
      await exited;
    },
  };
}
