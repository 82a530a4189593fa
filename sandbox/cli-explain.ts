import { tmpdir } from 'node:os';
import { CapraError } from '../src/engine/errors.ts';

/** Any error as one sentence for a person: what, why, what to do now. */
export function explain(error: unknown): string {
  const { code, path, message } = (error ?? {}) as { code?: unknown; path?: string; message?: string };
  const where = path ? ` at ${path}` : '';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `the disk is full${where}: the nodes need about 60 MB each in ${tmpdir()} or in the folder of --data. Free some space, or choose another disk with TMPDIR or --data.`;
    case 'EACCES':
    case 'EPERM':
      return `this user has no right to write${where}. Give yourself the right, or choose other folders with TMPDIR and --data.`;
    case 'EROFS':
      return `the file system is read-only${where}. Choose another folder with TMPDIR or --data.`;
    case 'EMFILE':
    case 'ENFILE':
      return 'the system allows no more open files. Close other programs, or raise the limit with ulimit -n.';
    case 'ENOMEM':
      return 'the machine has no memory left. Close other programs, or use fewer nodes: --nodes 2';
  }
  if (error instanceof CapraError) return message ?? '';
  return `${message ?? String(error)}. Set CAPRA_DEBUG=1 and run it again to see where this came from.`;
}
