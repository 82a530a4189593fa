/**
 * A process beside the sandbox that cleans up after it when it could not do so itself (SIGKILL, a crash, a closed
 * terminal). It holds the other end of a pipe: when the pipe closes without a word, the sandbox has died.
 *
 * Lines on its input: `done`, or a JSON object that adds or takes away one thing to clean up.
 */
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { killPostmaster, runningPostmaster } from './postmaster-file.ts';
import { gone, killTree, signal } from './process-tree.ts';

export type GuardLine =
  /** A folder to remove, with the data directories in it. */
  | { folder: string }
  /** A data directory to stop and to keep. */
  | { data: string }
  /** A helper process that is under way, and its end. */
  | { child: number }
  | { ended: number }
  /** Containers that carry this label. */
  | { label: string };

const folders: string[] = [];
const data: string[] = [];
const children = new Set<number>();
const labels: string[] = [];

for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'done') process.exit(0);
  const entry = JSON.parse(line) as GuardLine;
  if ('folder' in entry) folders.push(entry.folder);
  else if ('data' in entry) data.push(entry.data);
  else if ('child' in entry) children.add(entry.child);
  else if ('ended' in entry) children.delete(entry.ended);
  else labels.push(entry.label);
}

// Helpers first: a helper that goes on could write into a folder that is being removed.
await Promise.allSettled([...children].map(killTree));
await Promise.allSettled([...data.map(shutDown), ...folders.map(remove), ...labels.map(removeContainers)]);

async function shutDown(folder: string): Promise<void> {
  const pid = runningPostmaster(folder);
  if (!pid) return;
  signal(pid, 'SIGINT');
  if (!(await gone([pid], 30_000))) await killPostmaster(folder);
}

async function remove(folder: string): Promise<void> {
  for (const name of readdirSync(folder)) await killPostmaster(join(folder, name));
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function removeContainers(label: string): Promise<void> {
  const { removeByLabel } = await import('./docker-engine.ts');
  await removeByLabel(label);
}
