/** The invariants of DESIGN, section 3, as far as they can be read from the nodes; the oracle checks those about causality. */
import { type RoundRequest, round } from './model.ts';
import { type Conflict, covers, knowledgeOf, type Node, stableVector } from './node.ts';
import type { Oracle } from './oracle.ts';

/** 6: knowledge never shrinks, whatever dies. */
export function checkKnowledgeGrows(before: Node, after: Node, oracle: Oracle): void {
  for (const [member, vector] of before.matrix) {
    for (const [origin, counter] of vector) {
      if (!covers(knowledgeOf(after, member), { origin, counter })) {
        oracle.report(6, `node ${after.id} has forgotten that node ${member} knows (${origin},${counter})`);
      }
    }
  }
}

/**
 * 5, beneath: what a node takes for known to all is known to all, else it would drop a tombstone too early. A node
 * always knows what it wrote itself, also where its fold was rolled back after the target's commit.
 */
export function checkStable(node: Node, nodes: Node[], oracle: Oracle): void {
  for (const [origin, counter] of stableVector(node)) {
    for (const other of nodes) {
      if (other.id !== origin && !covers(knowledgeOf(other), { origin, counter })) {
        oracle.report(
          5,
          `node ${node.id} takes (${origin},${counter}) for known to all, but node ${other.id} lacks it`,
        );
      }
    }
  }
}

/** 4: a round that dies and is repeated leaves what an unbroken round leaves; one that dies early has left nothing. */
export function checkRepeat(request: RoundRequest, oracle: Oracle): void {
  const calm = { ...request, meanwhile: [], meanwhileThere: [] };
  const unbroken = round({ ...calm, crash: null });
  const broken = round(calm);
  const repeated = round({ ...calm, crash: null, source: broken.source, target: broken.target });
  if (effect(repeated.source, repeated.target) !== effect(unbroken.source, unbroken.target)) {
    oracle.report(
      4,
      `a round that died ${request.crash} and was repeated has another effect than an unbroken one`,
    );
  }
  if (request.crash === 'between the commits') return;
  const state = (node: Node) =>
    JSON.stringify([[...node.rows], node.deltas, [...node.versions], node.conflicts]);
  for (const [before, after] of [
    [request.source, broken.source],
    [request.target, broken.target],
  ] as const) {
    if (state(before) !== state(after))
      oracle.report(4, `a round that died ${request.crash} has left something on node ${after.id}`);
  }
}

/** What users can see, without counters: a repeated round takes new ones. */
function effect(source: Node, target: Node): string {
  const side = ({ dot, stamp, row }: Conflict['winner']) => [dot.origin, stamp, row];
  return JSON.stringify(
    [source, target].map((node) => [
      [...node.rows].sort(),
      node.deltas,
      [...node.versions].map(([key, { dot, stamp, gone }]) => [key, dot.origin, stamp, gone]).sort(),
      node.conflicts.map(({ key, winner, loser }) => [key, side(winner), side(loser)]),
    ]),
  );
}

/** 1, 3 and 7: after quiet and full connectivity. */
export function checkAtRest(nodes: Node[], oracle: Oracle): void {
  const rows = (node: Node) => JSON.stringify([...node.rows].sort());
  const first = nodes[0]!;
  for (const node of nodes) {
    if (rows(node) !== rows(first)) {
      oracle.report(1, `node ${node.id} holds ${rows(node)}, node ${first.id} holds ${rows(first)}`);
    }
    if (node.deltas.length > 0) oracle.report(7, `node ${node.id} has ${node.deltas.length} deltas left`);
    if (node.versions.size > 0)
      oracle.report(7, `node ${node.id} has versions left: ${JSON.stringify([...node.versions])}`);
  }
  oracle.checkNothingIsLost(nodes);
}
