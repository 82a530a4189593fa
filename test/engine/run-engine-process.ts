import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RelationName } from '../../src/engine/types.ts';

export interface EngineProcessResult {
  signal: NodeJS.Signals | null;
  code: number | null;
  /** Highest resident memory, where the process became quiet. */
  rssMiB: number | null;
  errors: string;
}

/** Runs `engine-process.ts` until it ends or kills itself. */
export function runEngineProcess(order: {
  urls: Record<string, string | null>;
  relations: RelationName[];
  killAt?: string;
}): Promise<EngineProcessResult> {
  const script = fileURLToPath(new URL('./engine-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const answer = output.trim() ? (JSON.parse(output.trim()) as { rssMiB: number }) : null;
      resolve({ code, signal, rssMiB: answer?.rssMiB ?? null, errors });
    });
  });
}
