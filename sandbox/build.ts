/** `npm run build`: the data directory for browsers, then the site, into `dist/`. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bake } from './bake.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

try {
  await bake();
  process.exitCode = await buildSite(process.argv.slice(2));
} catch (error) {
  console.error(error);
  console.error('capra: the build failed before the site was begun; see above.');
  process.exitCode = 1;
}

/** A process of its own: Astro takes what it finds in the working folder and the environment. */
function buildSite(args: string[]): Promise<number> {
  const manifest = createRequire(import.meta.url).resolve('astro/package.json');
  const program = join(dirname(manifest), 'bin', 'astro.mjs');
  const child = spawn(process.execPath, [program, 'build', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ASTRO_TELEMETRY_DISABLED: '1', ...process.env },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
