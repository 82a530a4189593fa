/**
 * What nodes know of each other's changes, as plain data. A vector says for each origin the highest counter that
 * is integrated; a node's matrix holds its own vector and, for every other member, a lower bound of that one's.
 * (Malkhi and Terry, Concise Version Vectors in WinFS, 2005.)
 */
import type { NodeId } from './types.ts';

export type Vector = ReadonlyMap<NodeId, bigint>;
export type Matrix = ReadonlyMap<NodeId, Vector>;

const nothing: Vector = new Map();

export function counterOf(vector: Vector, origin: NodeId): bigint {
  return vector.get(origin) ?? 0n;
}

export function vectorOf(matrix: Matrix, node: NodeId): Vector {
  return matrix.get(node) ?? nothing;
}

/** Element-wise maximum. */
export function mergeVectors(a: Vector, b: Vector): Vector {
  const merged = new Map(a);
  for (const [origin, counter] of b) if (counter > counterOf(a, origin)) merged.set(origin, counter);
  return merged;
}

/** Does `a` know all that `b` knows? */
export function includesVector(a: Vector, b: Vector): boolean {
  for (const [origin, counter] of b) if (counter > counterOf(a, origin)) return false;
  return true;
}

export function includesMatrix(a: Matrix, b: Matrix): boolean {
  for (const [node, vector] of b) if (!includesVector(vectorOf(a, node), vector)) return false;
  return true;
}

/**
 * What `self` believes after it has heard `other`. Its own row is exact and never learned from others.
 */
export function mergeMatrices(self: NodeId, own: Matrix, other: Matrix): Matrix {
  const merged = new Map(own);
  for (const [node, vector] of other) {
    if (node !== self) merged.set(node, mergeVectors(vectorOf(own, node), vector));
  }
  return merged;
}

/** What every member knows: versions at or below it are needed by nobody. */
export function stableVector(matrix: Matrix, members: readonly NodeId[]): Vector {
  const stable = new Map<NodeId, bigint>();
  for (const origin of members) {
    let lowest: bigint | undefined;
    for (const member of members) {
      const counter = counterOf(vectorOf(matrix, member), origin);
      if (lowest === undefined || counter < lowest) lowest = counter;
    }
    stable.set(origin, lowest ?? 0n);
  }
  return stable;
}

/** SQL that is true for versions of `alias` (origin, counter) that the vector does not cover; one index range an origin. */
export function uncoveredSql(alias: string, vector: Vector, members: readonly NodeId[]): string {
  const ranges = members.map(
    (origin) => `(${alias}.origin = ${Number(origin)} AND ${alias}.counter > ${counterOf(vector, origin)})`,
  );
  return `(${ranges.join(' OR ')})`;
}
