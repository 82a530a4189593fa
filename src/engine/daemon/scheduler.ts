/** Decides which rounds are needed. Pure functions of what the engine remembers. */
import { includesMatrix, includesVector, vectorOf } from '../knowledge.ts';
import type { RoundNode } from '../round/round-node.ts';
import type { Link } from './link.ts';
import type { Member } from './member.ts';

/**
 * `rows`: the source has, or may have, changes that the target lacks. `knowledge`: the target has all rows but not
 * all that the source knows of other nodes, which keeps it from dropping versions.
 */
export type Need = 'rows' | 'knowledge' | 'nothing';

export function need(source: Member, target: Member): Need {
  if (!source.session || !target.session) return 'nothing';
  if (source.dirty) return 'rows';
  return compare(source.session.node, target.session.node);
}

function compare(source: RoundNode, target: RoundNode): Need {
  let result: Need = 'nothing';
  for (const [index, own] of source.relations.entries()) {
    const other = target.relations[index]!;
    if (!includesVector(vectorOf(other.matrix, target.id), vectorOf(own.matrix, source.id))) return 'rows';
    if (!includesMatrix(other.matrix, own.matrix)) result = 'knowledge';
  }
  return result;
}

export interface Candidate {
  link: Link;
  source: Member;
  target: Member;
  need: Need;
}

/** Every round that is needed over a link that is up, rounds with rows first; whether it can start now is another matter. */
export function neededRounds(links: readonly Link[], member: (name: string) => Member): Candidate[] {
  const candidates: Candidate[] = [];
  for (const link of links) {
    if (!link.up) continue;
    for (const [from, to] of [
      [link.a, link.b],
      [link.b, link.a],
    ] as const) {
      const candidate = { link, source: member(from), target: member(to) };
      const needed = need(candidate.source, candidate.target);
      if (needed !== 'nothing') candidates.push({ ...candidate, need: needed });
    }
  }
  return candidates.sort((a, b) => Number(b.need === 'rows') - Number(a.need === 'rows'));
}
