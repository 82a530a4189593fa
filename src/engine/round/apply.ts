import { uncoveredSql, type Vector } from '../knowledge.ts';
import { quoteIdentifier } from '../sql.ts';
import type { NodeId } from '../types.ts';
import type { RoundNode, RoundRelation } from './round-node.ts';

/** Capture and, where the role may do it, every other trigger and foreign key is silent until the transaction ends. */
export async function silence(target: RoundNode): Promise<void> {
  await target.connection.script(
    `SET LOCAL capra.applying = 'on';${target.replicaRole ? 'SET LOCAL session_replication_role = replica;' : ''}`,
  );
}

/**
 * Writes the staged rows: delete, then insert. An upsert would be slower, and wrong: it silently brings back a row
 * that somebody has deleted since the snapshot, where a delete of that row raises 40001 and the round tries again.
 * Delete before insert also lets rows swap the values of a unique column.
 */
export async function apply(
  target: RoundNode,
  relation: RoundRelation,
): Promise<{ written: number; deleted: number }> {
  const { names, shape } = relation;
  const [deleted] = await target.connection.query<{ n: string; gone: string }>(
    `WITH old AS (
       DELETE FROM ${names.table} t USING ${names.stage} i WHERE ${names.keyIs('t', 'i')} RETURNING i.gone
     ) SELECT count(*) AS n, count(*) FILTER (WHERE gone) AS gone FROM old`,
  );
  const columns = [...shape.key, ...shape.rest].map((column) => quoteIdentifier(column.name));
  const values = [...shape.key.map((_, i) => `i.k${i + 1}`), ...shape.rest.map((_, i) => `i.c${i + 1}`)];
  const [written] = await target.connection.query<{ n: string }>(
    `WITH new AS (
       INSERT INTO ${names.table} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE
       SELECT ${values.join(', ')} FROM ${names.stage} i WHERE NOT i.gone RETURNING 1
     ) SELECT count(*) AS n FROM new`,
  );
  return { written: Number(written!.n), deleted: Number(deleted!.gone) };
}

/**
 * Records the versions of what was applied, under the dots that they came with. Versions that every node will know
 * when this transaction commits are not written: that a key has no version reads as "known to all".
 */
export async function recordVersions(
  target: RoundNode,
  relation: RoundRelation,
  stable: Vector,
  members: readonly NodeId[],
): Promise<void> {
  const { names } = relation;
  const needed = uncoveredSql('i', stable, members);
  await target.connection.query(
    `INSERT INTO ${names.version} (${names.keys}, origin, counter, stamp, gone)
     SELECT ${names.keys}, origin, counter, stamp, gone FROM ${names.stage} i WHERE ${needed}
     ON CONFLICT (${names.keys}) DO UPDATE SET
       origin = excluded.origin, counter = excluded.counter, stamp = excluded.stamp, gone = excluded.gone`,
  );
  await target.connection.query(
    `DELETE FROM ${names.version} v USING ${names.stage} i WHERE ${names.sameKey('v', 'i')} AND NOT ${needed}`,
  );
  await target.connection.query(
    `UPDATE capra.node SET floor = i.stamp FROM (SELECT max(stamp) AS stamp FROM ${names.stage}) i WHERE i.stamp > node.floor`,
  );
}
