/** Traces that a run leaves on the machine: told apart from those of other runs by a temporary folder of its own. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface OwnTemp {
  /** For `TMPDIR`. Every user can reach it. */
  folder: string;
  /** Processes whose arguments or environment name the folder. */
  processes(): string[];
  /** Everything that is still there: processes and entries of the folder. */
  left(): string[];
  remove(): void;
}

export function ownTemp(): OwnTemp {
  const folder = mkdtempSync(join(tmpdir(), 'capra-own-'));
  chmodSync(folder, 0o777);
  const processes = () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .flatMap((pid) => {
        const [command, environment] = ['cmdline', 'environ'].map((file) => textOf(`/proc/${pid}/${file}`));
        const ours = command?.includes(folder) || environment?.includes(`TMPDIR=${folder}\0`);
        return ours ? [`process ${pid}: ${command?.replaceAll('\0', ' ').trim()}`] : [];
      });
  return {
    folder,
    processes,
    left: () => [...processes(), ...readdirSync(folder).map((name) => `file ${name}`)],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Polls until the value is wanted; returns the last one, for the assertion to show. */
export async function until<T>(
  read: () => T | Promise<T>,
  wanted: (value: T) => boolean,
  msMax: number,
): Promise<T> {
  const deadline = Date.now() + msMax;
  let value = await read();
  while (!wanted(value) && Date.now() < deadline) {
    await delay(25);
    value = await read();
  }
  return value;
}

/** Ids of the System V shared memory segments of this machine. */
export function sharedMemorySegments(): string[] {
  return (textOf('/proc/sysvipc/shm') ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/)[1] ?? '')
    .filter(Boolean);
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
