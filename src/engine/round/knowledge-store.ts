import { counterOf, type Matrix, vectorOf } from '../knowledge.ts';
import type { NodeId } from '../types.ts';
import type { RoundNode } from './round-node.ts';

/** Reads the matrices of all relations of a node, as the open transaction sees them, into `node.relations`. */
export async function loadKnowledge(node: RoundNode): Promise<void> {
  const rows = await node.connection.query<Record<'relation' | 'node' | 'origin' | 'counter', string>>(
    'SELECT relation, node, origin, counter FROM capra.knowledge',
  );
  const byRelation = new Map<number, Map<NodeId, Map<NodeId, bigint>>>();
  for (const row of rows) {
    const matrix = getOrAdd(byRelation, Number(row.relation), () => new Map());
    getOrAdd(matrix, Number(row.node), () => new Map()).set(Number(row.origin), BigInt(row.counter));
  }
  for (const relation of node.relations) relation.matrix = byRelation.get(relation.id) ?? new Map();
}

/** Writes what the new matrices have more than the old ones. Knowledge never shrinks: the statement keeps the greater. */
export async function saveKnowledge(node: RoundNode, matrices: readonly Matrix[]): Promise<boolean> {
  const relation: number[] = [];
  const member: number[] = [];
  const origin: number[] = [];
  const counter: string[] = [];
  node.relations.forEach((own, index) => {
    for (const [id, vector] of matrices[index] ?? []) {
      const before = vectorOf(own.matrix, id);
      for (const [from, value] of vector) {
        if (value <= counterOf(before, from)) continue;
        relation.push(own.id);
        member.push(id);
        origin.push(from);
        counter.push(String(value));
      }
    }
  });
  if (relation.length === 0) return false;
  await node.connection.query(
    `INSERT INTO capra.knowledge AS k (relation, node, origin, counter)
     SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::bigint[])
     ON CONFLICT (relation, node, origin) DO UPDATE SET counter = excluded.counter WHERE excluded.counter > k.counter`,
    [relation, member, origin, counter],
  );
  return true;
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
