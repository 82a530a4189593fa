import { includesVector, type Matrix, stableVector, uncoveredSql } from '../knowledge.ts';
import type { NodeId } from '../types.ts';
import type { RoundNode } from './round-node.ts';

/**
 * Drops the versions that every member knows, where this round has raised what is known to all.
 * @param after the matrices that the node holds when its transaction commits
 * @returns the number of versions dropped.
 */
export async function purge(
  node: RoundNode,
  after: readonly Matrix[],
  members: readonly NodeId[],
): Promise<number> {
  let purged = 0;
  for (const [index, relation] of node.relations.entries()) {
    const stable = stableVector(after[index]!, members);
    if (includesVector(stableVector(relation.matrix, members), stable)) continue;
    const [row] = await node.connection.query<{ n: string }>(
      `WITH dropped AS (
         DELETE FROM ${relation.names.version} v WHERE NOT ${uncoveredSql('v', stable, members)} RETURNING 1
       ) SELECT count(*) AS n FROM dropped`,
    );
    purged += Number(row!.n);
  }
  return purged;
}
