import type { RoundNode } from './round-node.ts';

const LOOK_MS = 5;

/** Where the source's write-ahead log ends as its snapshot begins. */
export async function snapshotPosition(source: RoundNode): Promise<string> {
  const [row] = await source.connection.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');
  return row!.lsn;
}

/**
 * Waits until what the snapshot shows is on the source's disk. A transaction with `synchronous_commit = off` is
 * visible before that: the target would hold, and the group rely on, what a crash of the source takes back.
 * Nearly always true at once, because `nextCounter` has flushed the log just before the snapshot. Asynchronous
 * commits are flushed within three times `wal_writer_delay` (manual, 30.4), so the wait is bounded by that; what is
 * still unflushed then belongs to transactions that have not committed.
 */
export async function awaitFlush(source: RoundNode, position: string): Promise<void> {
  const giveUp = performance.now() + source.flushWaitMsMax;
  for (;;) {
    const [row] = await source.connection.query<{ flushed: string }>(
      'SELECT pg_current_wal_flush_lsn() >= $1::pg_lsn AS flushed',
      [position],
    );
    if (row!.flushed === 't' || performance.now() >= giveUp) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
