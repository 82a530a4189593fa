/** The built site: made again when something that it is made of is newer. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CapraError } from '../src/engine/errors.ts';
import { killTree } from './nodes/process-tree.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const lock = join(root, 'node_modules', '.cache', 'capra', 'build.lock');
const sources = ['src', 'slides', 'sandbox', 'astro.config.mjs', 'package-lock.json'];

/**
 * The folder of a site that is up to date. `CAPRA_SITE` names one that is built elsewhere and taken as it is.
 * @throws {CapraError} `build` with the end of the build's output.
 */
export async function upToDateSite(abort: AbortSignal, progress: (line: string) => void): Promise<string> {
  if (process.env.CAPRA_SITE) return process.env.CAPRA_SITE;
  if (isFresh()) return dist;
  await withBuildLock(abort, async () => {
    // Another run may have built it while this one waited.
    if (isFresh()) return;
    progress('building the site');
    await build(abort);
  });
  return dist;
}

function isFresh(): boolean {
  try {
    const built = statSync(join(dist, 'sandbox', 'index.html')).mtimeMs;
    return sources.every((source) => newest(join(root, source)) <= built);
  } catch {
    return false;
  }
}

function newest(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = readdirSync(path).filter((name) => name !== 'node_modules');
  // The folder's own time tells that a file was removed.
  return Math.max(found.mtimeMs, ...inside.map((name) => newest(join(path, name))));
}

async function build(abort: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'sandbox', 'build.ts')], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output = (output + chunk).slice(-4_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const kill = () => void (child.pid && killTree(child.pid));
  abort.addEventListener('abort', kill);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => abort.removeEventListener('abort', kill));
  abort.throwIfAborted();
  if (code !== 0) {
    throw new CapraError(
      'build',
      `the site could not be built. Run "npm run build" to work on it. It said:\n${output.trim()}`,
    );
  }
}

/** One build at a time in one clone. A lock whose owner is gone does not count. */
async function withBuildLock(abort: AbortSignal, work: () => Promise<void>): Promise<void> {
  mkdirSync(join(lock, '..'), { recursive: true });
  for (;;) {
    abort.throwIfAborted();
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return work();
      if (isOrphan()) rmSync(lock, { force: true });
      else await delay(200);
    }
  }
  await work().finally(() => rmSync(lock, { force: true }));
}

function isOrphan(): boolean {
  if (!existsSync(lock)) return false;
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
