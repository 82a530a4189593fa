/**
 * A data directory with the roles and the database in it, made once for each version and copied for each node: copying
 * takes a tenth of the time of `initdb`.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, cp, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Binaries } from './embedded-binaries.ts';
import type { OsAccount } from './os-account.ts';
import { clusterStatements, DATABASE, databaseStatements } from './roles.ts';
import { type RunOptions, runProgram } from './run-program.ts';

/** Beside the packages: it goes when they go, and a second clone makes its own. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/capra/', import.meta.url));

const initdbFlags = [
  ...['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale-provider=builtin'],
  ...['--locale=C.UTF-8', '--lc-messages=C', '--no-sync', '--no-instructions', '--wal-segsize=4'],
];

/** Over the network only with a password, and `listen_addresses` keeps it on this machine. */
const accessRules = `host all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n`;

export interface TemplateSource {
  binaries: Binaries;
  /** Runs PostgreSQL's programs. */
  account: OsAccount | null;
  /** A folder that the account owns; the template is made in it where the cache has none. */
  workFolder: string;
}

/** @returns the folder to copy. */
export async function templateFolder(source: TemplateSource, run: RunOptions): Promise<string> {
  const recipe = JSON.stringify([initdbFlags, accessRules, clusterStatements, databaseStatements]);
  const hash = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  const cached = join(cache, `postgres-${source.binaries.version}-${hash}`);
  if (await exists(join(cached, 'PG_VERSION'))) return cached;
  const made = join(source.workFolder, 'template');
  await makeTemplate(made, source, run);
  return (await keep(made, cached, run)) ? cached : made;
}

/** Copies a folder with all rights, sharing blocks where the file system can. */
export async function copyFolder(from: string, to: string, run: RunOptions): Promise<void> {
  if (process.platform === 'linux') await runProgram('cp', ['-a', '--reflink=auto', from, to], run);
  else await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE, preserveTimestamps: true });
}

async function makeTemplate(folder: string, { binaries, account }: TemplateSource, run: RunOptions) {
  const asAccount = { ...run, account };
  await runProgram(binaries.initdb, ['-D', folder, ...initdbFlags], asAccount);
  await writeFile(join(folder, 'pg_hba.conf'), accessRules);
  const single = (database: string, statements: string[]) =>
    runSingle(binaries, folder, database, statements, asAccount);
  await single('postgres', clusterStatements);
  await single(DATABASE, databaseStatements);
}

/** Runs statements without a server: in PostgreSQL's single-user mode, one statement a line. */
export async function runSingle(
  binaries: Binaries,
  folder: string,
  database: string,
  statements: string[],
  run: RunOptions,
): Promise<void> {
  const flags = ['--single', '-D', folder, '-c', 'exit_on_error=on', '-c', 'fsync=off', database];
  await runProgram(binaries.postgres, flags, { ...run, input: `${statements.join('\n')}\n` });
}

/** Two runs may make the template at the same time: the first rename wins. A cache that can't be written is no error. */
async function keep(made: string, cached: string, run: RunOptions): Promise<boolean> {
  const draft = `${cached}.draft-${process.pid}`;
  try {
    await mkdir(cache, { recursive: true });
    await removeOldDrafts();
    await copyFolder(made, draft, run);
    await rename(draft, cached);
    await rm(made, { recursive: true, force: true });
    return true;
  } catch {
    await rm(draft, { recursive: true, force: true });
    run.abort.throwIfAborted();
    return exists(join(cached, 'PG_VERSION'));
  }
}

/** A killed run may have left one. */
async function removeOldDrafts(): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.includes('.draft-')) continue;
    const { mtimeMs } = await stat(join(cache, name));
    if (Date.now() - mtimeMs > 600_000) await rm(join(cache, name), { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
