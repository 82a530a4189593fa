import { incomingWins, isConflict, logConflicts } from '../conflict/log.ts';
import type { Vector } from '../knowledge.ts';
import type { ConflictEvent } from '../trace/events.ts';
import type { NodeId } from '../types.ts';
import type { RoundNode, RoundRelation } from './round-node.ts';

export interface MergeResult {
  losses: number;
  conflicts: number;
  events: ConflictEvent[];
}

/**
 * Compares the staged items with the target's versions of the same keys and leaves in the staging table what is to
 * be applied. An item applies where the target has no version, or one that the source knew; otherwise the two are
 * concurrent and the larger (stamp, origin) wins. The order is total and agrees with causality, so all nodes choose
 * the same winner without talking.
 */
export async function merge(
  target: RoundNode,
  relation: RoundRelation,
  sourceVector: Vector,
  members: readonly NodeId[],
  nodeName: (id: NodeId) => string,
): Promise<MergeResult> {
  const { names } = relation;
  const conflict = isConflict(relation, sourceVector, members);
  const [any] = await target.connection.query<{ found: string }>(
    `SELECT EXISTS (SELECT FROM ${names.version} v JOIN ${names.stage} i ON ${conflict}) AS found`,
  );
  if (any!.found !== 't') return { losses: 0, conflicts: 0, events: [] };
  const logged = await logConflicts(target, relation, sourceVector, members, nodeName);
  const [lost] = await target.connection.query<{ n: string }>(
    `WITH lost AS (
       DELETE FROM ${names.stage} i USING ${names.version} v WHERE ${conflict} AND NOT ${incomingWins} RETURNING 1
     ) SELECT count(*) AS n FROM lost`,
  );
  return { losses: Number(lost!.n), conflicts: logged.count, events: logged.events };
}
