/**
 * `postmaster.pid` in a data directory: who runs there. Lines: process id, data directory, start time, port,
 * socket directory, listen address, shared memory key and id, status (src/include/utils/pidfile.h).
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, killTree, programOf } from './process-tree.ts';

export interface PostmasterFile {
  pid: number;
  sharedMemoryId: string | null;
}

export function readPostmasterFile(dataFolder: string): PostmasterFile | null {
  try {
    const lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number.parseInt(lines[0] ?? '', 10);
    if (!(pid > 0)) return null;
    return { pid, sharedMemoryId: lines[6]?.trim().split(/\s+/)[1] ?? null };
  } catch {
    return null;
  }
}

/** The id of the postmaster that runs on this data directory, or null. A file that a crash left behind does not count. */
export function runningPostmaster(dataFolder: string): number | null {
  const file = readPostmasterFile(dataFolder);
  if (!file || !isAlive(file.pid)) return null;
  return /postgres|postmaster/.test(programOf(file.pid) ?? '') ? file.pid : null;
}

/**
 * Ends the postmaster of a data directory without a shutdown and takes away what only a clean shutdown would:
 * its file, and its System V segment, which outlives every process.
 */
export async function killPostmaster(dataFolder: string): Promise<void> {
  const file = readPostmasterFile(dataFolder);
  const pid = runningPostmaster(dataFolder);
  if (pid) await killTree(pid);
  if (file?.sharedMemoryId && process.platform !== 'win32') spawnSync('ipcrm', ['-m', file.sharedMemoryId]);
  if (file) rmSync(join(dataFolder, 'postmaster.pid'), { force: true });
}
