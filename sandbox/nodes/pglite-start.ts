/** How every PGlite of the sandbox is started, at build time and in the browser. */
import { PGlite } from '@electric-sql/pglite';

/** The same settings as those of the other providers, where PGlite has them. */
export const startParams = [
  ...PGlite.defaultStartParams,
  ...['-c', 'track_commit_timestamp=on'],
  // Small segments that are not kept: the data directory is downloaded, and copied when a node is stopped.
  ...['-c', 'min_wal_size=2MB', '-c', 'wal_recycle=off'],
  ...['-c', 'timezone=UTC', '-c', 'autovacuum=off'],
];

export const initDbStartParams = ['--wal-segsize=1'];

/** Changes whenever a data directory that was made before could not be used, or would differ. */
export const recipe = JSON.stringify([startParams, initDbStartParams]);
