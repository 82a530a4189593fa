import { mergeVectors, vectorOf } from '../knowledge.ts';
import type { RoundNode, RoundRelation } from './round-node.ts';

/** Are there changes that no fold has taken yet? Answers for each relation, in the open transaction's snapshot. */
export async function pendingDeltas(node: RoundNode): Promise<boolean[]> {
  const [row] = await node.connection.query<{ pending: string }>(
    `SELECT ARRAY[${node.relations.map(({ names }) => `EXISTS (SELECT FROM ${names.delta})`).join(', ')}]::text AS pending`,
  );
  return row!.pending
    .slice(1, -1)
    .split(',')
    .map((flag) => flag === 't');
}

/**
 * Counters come from a sequence: what an aborted round took is lost, never given again. The source of a round must
 * call this before its transaction, so that the statement commits by itself. Inside, a crash of the server between
 * the target's commit and the source's would give the same counter to other changes, because a sequence is safe only
 * once something is flushed after it; the message makes this commit flush the log up to here (see also `flush.ts`).
 */
export async function nextCounter(node: RoundNode): Promise<bigint> {
  const [row] = await node.connection.query<{ counter: string }>(
    `SELECT nextval('capra.counter') AS counter, pg_logical_emit_message(true, 'capra', '')`,
  );
  return BigInt(row!.counter);
}

/**
 * Turns pending deltas into versions, one a key, under one counter. The stamp is the time of the last capture, but
 * later than the stamp of the version that it replaces, so that stamps agree with causality under wrong clocks.
 * @param only restrict the fold to the keys that are staged on this node (the target's side of a merge)
 * @returns the number of keys. The node's own vector in `relation.matrix` is NOT changed: see `withCounter`.
 */
export async function fold(
  node: RoundNode,
  relation: RoundRelation,
  counter: bigint,
  only: 'all' | 'staged keys' = 'all',
): Promise<number> {
  const { names, shape } = relation;
  const keys = shape.key.map((_, index) => `d.k${index + 1}`).join(', ');
  const where = only === 'all' ? '' : `USING ${names.stage} i WHERE ${names.sameKey('d', 'i')}`;
  const [row] = await node.connection.query<{ n: string }>(
    `WITH taken AS (
       DELETE FROM ${names.delta} d ${where} RETURNING ${keys}, d.at
     ), latest AS (
       SELECT ${names.keys}, max(at) AS at FROM taken GROUP BY ${names.keys}
     ), folded AS (
       INSERT INTO ${names.version} AS v (${names.keys}, origin, counter, stamp, gone)
       SELECT ${names.keys}, $1::int, $2::bigint, at,
              NOT EXISTS (SELECT FROM ${names.table} t WHERE ${names.keyIs('t', 'latest')})
       FROM latest
       ON CONFLICT (${names.keys}) DO UPDATE SET
         origin = excluded.origin, counter = excluded.counter, gone = excluded.gone,
         stamp = greatest(excluded.stamp, v.stamp + interval '1 microsecond')
       RETURNING v.stamp
     ), raised AS (
       UPDATE capra.node SET floor = f.stamp
       FROM (SELECT max(stamp) AS stamp FROM folded) f WHERE f.stamp > node.floor
     )
     SELECT count(*) AS n FROM folded`,
    [node.id, String(counter)],
  );
  return Number(row!.n);
}

/** The relation's matrix after a fold: the node knows its own new counter. */
export function withCounter(node: RoundNode, relation: RoundRelation, counter: bigint) {
  const own = mergeVectors(vectorOf(relation.matrix, node.id), new Map([[node.id, counter]]));
  return new Map(relation.matrix).set(node.id, own);
}
