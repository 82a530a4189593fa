/** Data directories that outlive a run (`--data`): checked before they are used, with their port and passwords beside the data. */
import { access, chmod, chown, constants, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CapraError } from '../../src/engine/errors.ts';
import { accountCan, type OsAccount } from './os-account.ts';
import { runningPostmaster } from './postmaster-file.ts';
import type { RolePasswords } from './roles.ts';

export interface KeptNode {
  /** Asked for again at the next start, so that a saved connection string keeps working. */
  port: number;
  passwords: RolePasswords;
}

const FILE = 'capra-node.json';

/** Makes the folder if need be and checks that we, and the account that runs PostgreSQL, can use it. */
export async function prepareKeptFolder(folder: string, account: OsAccount | null): Promise<void> {
  let made: string | undefined;
  try {
    made = await mkdir(folder, { recursive: true });
    // Passwords lie below, in folders that only the account can read: others may pass, not look.
    if (made) await chmod(folder, 0o711);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new CapraError(
      'data-folder',
      `the folder ${folder} of --data can't be written to (${(error as NodeJS.ErrnoException).code ?? error}). Give another folder, or get the right to write there.`,
      { cause: error },
    );
  }
  if (!accountCan(account, 'x', folder)) {
    if (made) await rm(made, { recursive: true });
    throw new CapraError(
      'data-folder-unreachable',
      `PostgreSQL refuses to run as root, so the user ${account?.name} has to run it and can't reach ${folder}. Give --data a folder that every user can reach (for example below /var/lib or /tmp), or run the command as another user.`,
    );
  }
}

/**
 * What a node's folder says, or null where there is none yet.
 * @throws {CapraError} when the folder holds something that can't be used.
 */
export async function readKept(folder: string, version: string): Promise<KeptNode | null> {
  const found = (await textOf(join(folder, 'PG_VERSION')))?.trim();
  const settings = await textOf(join(folder, FILE));
  if (found === undefined && settings === undefined && !(await exists(folder))) return null;
  const other = 'Give --data another folder, or remove this one if you do not need it.';
  if (found === undefined || settings === undefined) {
    throw new CapraError('data-foreign', `${folder} exists and was not made by Capra. ${other}`);
  }
  if (found !== version.split('.')[0]) {
    throw new CapraError(
      'data-version',
      `${folder} holds data of PostgreSQL ${found}, and this is PostgreSQL ${version}. ${other}`,
    );
  }
  const running = runningPostmaster(folder);
  if (running) {
    throw new CapraError(
      'data-in-use',
      `${folder} is in use by a running PostgreSQL (process ${running}). Stop the sandbox that uses it, or give --data another folder.`,
    );
  }
  return JSON.parse(settings) as KeptNode;
}

/** Writes what is given over what is there. The file belongs to whoever owns the data. */
export async function writeKept(
  folder: string,
  account: OsAccount | null,
  change: Partial<KeptNode>,
): Promise<void> {
  const path = join(folder, FILE);
  const before = JSON.parse((await textOf(path)) ?? '{}') as Partial<KeptNode>;
  await writeFile(path, `${JSON.stringify({ ...before, ...change })}\n`, { mode: 0o600 });
  if (account) await chown(path, account.uid, account.gid);
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new CapraError(
      'data-folder',
      `${dirname(path)} can't be read (${error.code}). Run the command as the user who made it, or give --data another folder.`,
      { cause: error },
    );
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
