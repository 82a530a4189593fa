/**
 * The account that runs PostgreSQL. PostgreSQL refuses to run as root, so root hands it to an unprivileged
 * account that the system already has: nothing is added to the machine.
 */
import { spawnSync } from 'node:child_process';
import { CapraError } from '../../src/engine/errors.ts';

export interface OsAccount {
  name: string;
  uid: number;
  gid: number;
}

const candidates = ['postgres', '_postgres', 'nobody'];

/**
 * The account for PostgreSQL's processes and files, or null where it can be our own.
 * @throws {CapraError} `no-account`: we are root and none of the candidates exists.
 */
export function accountForPostgres(): OsAccount | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of candidates) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid && gid) return { name, uid, gid };
  }
  throw new CapraError(
    'no-account',
    'PostgreSQL refuses to run as root, and this system has neither an account "postgres" nor "nobody". Run the command as another user, or create one: useradd --system postgres',
  );
}

/** Options for `spawn` that run a child under the account. */
export function spawnAs(account: OsAccount | null): { uid?: number; gid?: number } {
  return account ? { uid: account.uid, gid: account.gid } : {};
}

/** Whether the account can use the path, every folder above it included. Only a process of its own can tell. */
export function accountCan(account: OsAccount | null, right: 'r' | 'x', path: string): boolean {
  if (!account) return true;
  const test = spawnSync('/bin/sh', ['-c', `test -${right} "$0"`, path], { ...spawnAs(account), cwd: '/' });
  return test.status === 0;
}

function idOf(flag: '-u' | '-g', name: string): number | null {
  const answer = spawnSync('id', [flag, name], { encoding: 'utf8' });
  const id = Number.parseInt(answer.stdout ?? '', 10);
  return answer.status === 0 && id > 0 ? id : null;
}
