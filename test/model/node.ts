/**
 * The state of one node in the model of the algorithm, as plain data: one relation, keys and values are short texts.
 * The words are those of the glossary in `src/engine/types.ts`. Times are microseconds.
 */

export type NodeId = number;

/** Identity of one version of one row. */
export interface Dot {
  origin: NodeId;
  counter: number;
}

export interface Version {
  dot: Dot;
  stamp: number;
  gone: boolean;
}

/** For each origin the highest counter that is integrated. */
export type Vector = ReadonlyMap<NodeId, number>;

export interface Conflict {
  key: string;
  winner: Version & { row: string | null };
  loser: Version & { row: string | null };
}

export interface Node {
  id: NodeId;
  /** Every node of the sync, this one too. */
  members: readonly NodeId[];
  /** How wrong this node's clock is. */
  skew: number;
  rows: Map<string, string>;
  deltas: { key: string; capturedAt: number }[];
  versions: Map<string, Version>;
  /** Row `id` is what this node knows, exactly; the others are lower bounds of what the other members know. */
  matrix: Map<NodeId, Vector>;
  /** The last counter taken from the sequence. Survives a rollback. */
  counter: number;
  /** The highest stamp that this node has integrated. */
  floor: number;
  conflicts: Conflict[];
}

export function createNode(id: NodeId, members: readonly NodeId[]): Node {
  return {
    id,
    members,
    skew: 0,
    rows: new Map(),
    deltas: [],
    versions: new Map(),
    matrix: new Map(),
    counter: 0,
    floor: Number.NEGATIVE_INFINITY,
    conflicts: [],
  };
}

/** A copy that can be changed without changing the original. Versions, vectors and conflicts are never changed in place. */
export function copyNode(node: Node): Node {
  return {
    ...node,
    rows: new Map(node.rows),
    deltas: [...node.deltas],
    versions: new Map(node.versions),
    matrix: new Map(node.matrix),
    conflicts: [...node.conflicts],
  };
}

export function knowledgeOf(node: Node, member: NodeId = node.id): Vector {
  return node.matrix.get(member) ?? new Map();
}

export function covers(vector: Vector, dot: Dot): boolean {
  return dot.counter <= (vector.get(dot.origin) ?? 0);
}

/** Element-wise maximum. */
export function mergeVectors(a: Vector, b: Vector): Vector {
  const merged = new Map(a);
  for (const [origin, counter] of b) merged.set(origin, Math.max(counter, merged.get(origin) ?? 0));
  return merged;
}

/** What every member is known to know: the lowest counter of each origin over all rows of the matrix. */
export function stableVector(node: Node): Vector {
  const lowest = (origin: NodeId) =>
    Math.min(...node.members.map((member) => knowledgeOf(node, member).get(origin) ?? 0));
  return new Map(node.members.map((origin) => [origin, lowest(origin)]));
}
