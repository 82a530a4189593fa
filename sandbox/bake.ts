/**
 * Makes, at build time, what a browser needs to be three nodes. In the data directory are roles and the scenario's
 * tables, so that no visitor waits for `initdb`.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { initDbStartParams, recipe, startParams } from './nodes/pglite-start.ts';
import { databaseStatements } from './nodes/roles.ts';
import { goats } from './scenarios/goats/scenario.ts';

/** Astro copies this folder as it is; it is not in the repository. */
const folder = fileURLToPath(new URL('../src/public/sandbox/', import.meta.url));

const statements = [
  // Connections come from JavaScript only, so there are no passwords.
  'CREATE ROLE speaker LOGIN',
  'CREATE ROLE attendee LOGIN',
  ...databaseStatements,
  'SET ROLE speaker',
  goats.schemaSql,
  'RESET ROLE',
];

/** Not needed to run one database, and two thirds of the download. */
const dropTemplates = [
  `UPDATE pg_database SET datistemplate = false WHERE datname LIKE 'template_'`,
  'DROP DATABASE template1',
  'DROP DATABASE template0',
];

/** What `node.json` names; see `fetchAssets`. All of it is gzip: not every host compresses such files on its own. */
export interface BakedFiles {
  dataDirectory: string;
  wasm: string;
  bundle: string;
}

/**
 * Bakes where what it depends on has changed.
 * @returns the files; their names change with their contents, so that browsers may keep them for ever.
 */
export async function bake(): Promise<BakedFiles> {
  const part = (name: string) => fileURLToPath(import.meta.resolve(`@electric-sql/pglite/${name}`));
  const manifest = await readFile(join(dirname(part('pglite.wasm')), '..', 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const content = JSON.stringify([version, recipe, statements, dropTemplates]);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const files: BakedFiles = {
    dataDirectory: `node-${hash}.bin`,
    wasm: `pglite-${version}.bin`,
    bundle: `share-${version}.bin`,
  };
  const names = ['node.json', ...Object.values(files)];
  if (names.every((name) => existsSync(join(folder, name)))) return files;
  await mkdir(folder, { recursive: true });
  await Promise.all([
    makeDataDirectory().then((bytes) => put(files.dataDirectory, bytes)),
    compress(part('pglite.wasm')).then((bytes) => put(files.wasm, bytes)),
    compress(part('pglite.data')).then((bytes) => put(files.bundle, bytes)),
  ]);
  await put('node.json', `${JSON.stringify(files)}\n`);
  await removeOthers(names);
  return files;
}

/** As `PgliteAssets` wants it, for tests and tools that run in Node. */
export async function bakedDataDirectory(): Promise<Blob> {
  const { dataDirectory } = await bake();
  return new Blob([await readFile(join(folder, dataDirectory))], { type: 'application/x-gzip' });
}

async function compress(file: string): Promise<Uint8Array> {
  return promisify(gzip)(await readFile(file), { level: 9 });
}

/** Two builds may bake at the same time; nobody ever reads half a file. */
async function put(name: string, content: Uint8Array | string): Promise<void> {
  const draft = join(folder, `${name}.${process.pid}.draft`);
  await writeFile(draft, content);
  await rename(draft, join(folder, name));
}

async function makeDataDirectory(): Promise<Uint8Array> {
  const database = await PGlite.create({ startParams, initDbStartParams });
  try {
    for (const statement of [...statements, ...dropTemplates]) await database.exec(statement);
    await database.exec('VACUUM (FREEZE, ANALYZE)');
    await database.exec('CHECKPOINT');
    await database.query('SELECT pg_switch_wal()');
    await database.exec('CHECKPOINT');
    const blob = await database.dumpDataDir('gzip');
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    await database.close();
  }
}

async function removeOthers(keep: string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith('.bin') && !keep.includes(name)) await rm(join(folder, name), { force: true });
  }
}
