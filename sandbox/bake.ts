/**
 * Makes, at build time, the data directory with which every node in a browser starts: roles and the scenario's tables are
 * in it, so that no visitor waits for `initdb`.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/**
 * Bakes where what it depends on has changed.
 * @returns the file. `node.json` beside it names it, so that browsers may keep it for ever.
 */
export async function bake(): Promise<string> {
  const installed = new URL('../package.json', import.meta.resolve('@electric-sql/pglite/pglite.wasm'));
  const { version } = JSON.parse(await readFile(installed, 'utf8')) as { version: string };
  const content = JSON.stringify([version, recipe, statements, dropTemplates]);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const file = join(folder, `node-${hash}.bin`);
  const index = join(folder, 'node.json');
  if (existsSync(file) && existsSync(index)) return file;
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${process.pid}.draft`;
  await writeFile(draft, await makeDataDirectory());
  await rename(draft, file);
  await writeFile(index, `${JSON.stringify({ dataDirectory: basename(file) })}\n`);
  await removeOthers(basename(file));
  return file;
}

/** As `PgliteAssets` wants it, for tests and tools that run in Node. */
export async function bakedDataDirectory(): Promise<Blob> {
  return new Blob([await readFile(await bake())], { type: 'application/x-gzip' });
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

async function removeOthers(keep: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith('.bin') && name !== keep) await rm(join(folder, name), { force: true });
  }
}
