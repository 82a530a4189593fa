/**
 * The replication algorithm (DESIGN, section 3) as functions on plain data, without databases, to be read and to be
 * proved by `invariants.test.ts`. `round` is the entrance: fold, read, merge, apply, settle in the order of the data.
 */
import { type Write, write } from './capture.ts';
import {
  type Conflict,
  copyNode,
  covers,
  type Dot,
  knowledgeOf,
  mergeVectors,
  type Node,
  stableVector,
  type Vector,
  type Version,
} from './node.ts';
import type { Rules } from './rules.ts';

export interface Item {
  key: string;
  version: Version;
  row: string | null;
}

/** Where a round dies. Before the target's commit nothing has happened but that counters are used up. */
export type CrashPoint = 'after fold' | 'after read' | 'after merge' | 'after apply' | 'between the commits';

export interface RoundRequest {
  source: Node;
  target: Node;
  now: number;
  crash: CrashPoint | null;
  /** Are versions that all know dropped in this round? The algorithm always does; the proof does not need it to. */
  purge: boolean;
  /** Between exactly two nodes the target need not write versions, and the source drops its own. */
  skipVersions: boolean;
  /** Writes that users commit on the source while the round runs. */
  meanwhile: Write[];
  /** And on the target, before the round commits there. Where both wrote a row, PostgreSQL lets only the users' write pass. */
  meanwhileThere: Write[];
  rules: Rules;
}

/** What happened, for the oracle. Steps of a node whose transaction was rolled back are told apart by `committed`. */
export type Step =
  | { type: 'fold'; node: number; key: string; dot: Dot }
  | { type: 'write'; node: number; keys: string[]; rows: ReadonlyMap<string, string> }
  | { type: 'apply'; node: number; item: Item }
  | { type: 'same'; node: number; item: Item; other: Version; incomingWins: boolean }
  | { type: 'conflict'; node: number; conflict: Conflict; repeated: boolean }
  | { type: 'purge'; node: number; dot: Dot };

export interface RoundResult {
  source: Node;
  target: Node;
  /** Versions that the target was sent. */
  items: number;
  sourceSteps: Step[];
  targetSteps: Step[];
  targetCommitted: boolean;
  sourceCommitted: boolean;
}

export function round(request: RoundRequest): RoundResult {
  const { source: sourceBefore, target: targetBefore, rules, skipVersions } = request;
  let crash = request.crash;
  const sourceSteps: Step[] = [];
  const targetSteps: Step[] = [];
  const writtenThere = new Set<string>();

  // Fold and read see one snapshot of the source; what users write meanwhile waits for the next round.
  const source = copyNode(sourceBefore);
  const live = copyNode(sourceBefore);
  fold(source, 'all', sourceSteps);
  for (const change of request.meanwhile) {
    const keys = write(live, change, request.now, rules);
    sourceSteps.push({ type: 'write', node: live.id, keys, rows: new Map(live.rows) });
  }
  const target = copyNode(targetBefore);
  const items = read(source, knowledgeOf(target), rules.oneSnapshot ? source.rows : live.rows, rules);
  if (crash !== 'after fold' && crash !== 'after read')
    merge(source, target, items, skipVersions, rules, targetSteps);

  const liveThere = copyNode(targetBefore);
  const touched = new Set<string>();
  for (const step of targetSteps) {
    // To delete what is not there touches nothing.
    if (step.type === 'apply' && (step.item.row !== null || targetBefore.rows.has(step.item.key)))
      touched.add(step.item.key);
  }
  for (const change of request.meanwhileThere) {
    const keys = write(liveThere, change, request.now, rules);
    targetSteps.push({ type: 'write', node: liveThere.id, keys, rows: new Map(liveThere.rows) });
    // SQLSTATE 40001: the engine tries again, with the new snapshot; here the next round does.
    if (keys.some((key) => touched.has(key))) crash = 'after apply';
    for (const key of keys) writtenThere.add(key);
  }

  learn(source, target, rules);
  if (request.purge)
    for (const [node, steps] of [
      [source, sourceSteps],
      [target, targetSteps],
    ] as const)
      purge(node, rules, steps);
  if (skipVersions) source.versions.clear();

  const inTime = crash === null || crash === 'between the commits';
  const targetCommitted = crash === null || (inTime && rules.targetCommitsFirst);
  const sourceCommitted = crash === null || (inTime && !rules.targetCommitsFirst);
  return {
    source: sourceCommitted ? commit(source, sourceBefore, live) : rollBack(live, source, rules),
    target: targetCommitted
      ? commitThere(target, targetBefore, liveThere, writtenThere)
      : rollBack(liveThere, target, rules),
    items: items.length,
    sourceSteps,
    targetSteps,
    targetCommitted,
    sourceCommitted,
  };
}

/** Turns pending deltas into versions under one new counter; `only` restricts it to some keys. */
export function fold(node: Node, only: 'all' | ReadonlySet<string>, steps: Step[]): void {
  const taken = new Map<string, number>();
  const left: Node['deltas'] = [];
  for (const delta of node.deltas) {
    if (only !== 'all' && !only.has(delta.key)) left.push(delta);
    else taken.set(delta.key, Math.max(delta.capturedAt, taken.get(delta.key) ?? Number.NEGATIVE_INFINITY));
  }
  if (taken.size === 0) return;
  node.deltas = left;
  const dot = { origin: node.id, counter: ++node.counter };
  for (const [key, capturedAt] of taken) {
    const replaced = node.versions.get(key);
    const stamp = Math.max(capturedAt, (replaced?.stamp ?? Number.NEGATIVE_INFINITY) + 1);
    node.versions.set(key, { dot, stamp, gone: !node.rows.has(key) });
    node.floor = Math.max(node.floor, stamp);
    steps.push({ type: 'fold', node: node.id, key, dot });
  }
  node.matrix.set(node.id, mergeVectors(knowledgeOf(node), new Map([[dot.origin, dot.counter]])));
}

/** The versions that the target does not know, with their rows. */
function read(source: Node, known: Vector, rows: Node['rows'], rules: Rules): Item[] {
  const items: Item[] = [];
  for (const [key, version] of source.versions) {
    if (covers(known, version.dot) || (version.gone && !rules.sendTombstones)) continue;
    items.push({ key, version, row: rows.get(key) ?? null });
  }
  return items;
}

/** Compares what comes in with what the target has, and applies what wins. */
function merge(
  source: Node,
  target: Node,
  items: Item[],
  skipVersions: boolean,
  rules: Rules,
  steps: Step[],
): void {
  const offered = knowledgeOf(source);
  if (rules.foldTargetFirst) fold(target, new Set(items.map((item) => item.key)), steps);
  for (const item of items) {
    target.floor = Math.max(target.floor, item.version.stamp);
    // Its own fold may have taught the target a dot that a broken round had carried away from it.
    if (rules.lookAgainAfterFold && covers(knowledgeOf(target), item.version.dot)) continue;
    const present = target.versions.get(item.key);
    if (!present || covers(offered, present.dot) || !rules.detectConflicts) {
      apply(target, item, skipVersions, steps);
      continue;
    }
    const incomingWins = isLater(item.version, present, rules);
    const row = target.rows.get(item.key) ?? null;
    if (row === item.row) {
      steps.push({ type: 'same', node: target.id, item, other: present, incomingWins });
    } else {
      const [mine, theirs] = [
        { ...present, row },
        { ...item.version, row: item.row },
      ];
      const [winner, loser] = incomingWins ? [theirs, mine] : [mine, theirs];
      log(target, { key: item.key, winner, loser }, rules, steps);
    }
    if (incomingWins) apply(target, item, skipVersions, steps);
    if (!rules.winnerKeepsDot && !incomingWins) redot(target, item.key, present);
  }
}

/** A total order that agrees with causality: every node picks the same winner without asking. */
function isLater(a: Version, b: Version, rules: Rules): boolean {
  if (rules.orderByStamp && a.stamp !== b.stamp) return a.stamp > b.stamp;
  return a.dot.origin > b.dot.origin;
}

function apply(target: Node, item: Item, skipVersions: boolean, steps: Step[]): void {
  steps.push({ type: 'apply', node: target.id, item });
  if (item.row === null) target.rows.delete(item.key);
  else target.rows.set(item.key, item.row);
  if (skipVersions) target.versions.delete(item.key);
  else target.versions.set(item.key, item.version);
}

/** Only for a mutation: the losing rule of conflict resolution, which never comes to rest. */
function redot(target: Node, key: string, version: Version): void {
  target.versions.set(key, { ...version, dot: { origin: target.id, counter: target.counter } });
}

/** A round that is repeated after a crash meets the same pair again, the source's side under a new dot but the same stamp. */
function log(target: Node, conflict: Conflict, rules: Rules, steps: Step[]): void {
  const same = (a: Conflict['winner'], b: Conflict['winner']) =>
    a.dot.origin === b.dot.origin && a.stamp === b.stamp && a.row === b.row;
  const repeated = target.conflicts.some(
    (known) =>
      known.key === conflict.key && same(known.winner, conflict.winner) && same(known.loser, conflict.loser),
  );
  if (!repeated || !rules.logOnce) target.conflicts.push(conflict);
  steps.push({ type: 'conflict', node: target.id, conflict, repeated: repeated && rules.logOnce });
}

/** Each node learns what the other knows: the target to the full, both as lower bounds for all others. */
function learn(source: Node, target: Node, rules: Rules): void {
  if (rules.mergeKnowledge)
    target.matrix.set(target.id, mergeVectors(knowledgeOf(target), knowledgeOf(source)));
  const members = new Set([...source.matrix.keys(), ...target.matrix.keys()]);
  const merged = new Map(
    [...members].map((m) => [m, mergeVectors(knowledgeOf(source, m), knowledgeOf(target, m))]),
  );
  for (const node of [source, target]) {
    // What a node knows itself is exact, and never learned from hearsay.
    for (const [member, vector] of merged) if (member !== node.id) node.matrix.set(member, vector);
  }
}

/** Drops the versions that every member knows: that a key has no version reads as "known to all". */
export function purge(node: Node, rules: Rules, steps: Step[]): void {
  const known = rules.purgeOnlyWhatAllKnow ? stableVector(node) : knowledgeOf(node);
  for (const [key, { dot }] of node.versions) {
    if (!covers(known, dot)) continue;
    node.versions.delete(key);
    steps.push({ type: 'purge', node: node.id, dot });
  }
}

/** The source's transaction touched no rows: those, and the deltas captured meanwhile, are as users left them. */
function commit(source: Node, before: Node, live: Node): Node {
  return { ...source, rows: live.rows, deltas: live.deltas.slice(before.deltas.length) };
}

/** The target's transaction wrote other rows than the users did: both stay, and what was captured meanwhile waits. */
function commitThere(target: Node, before: Node, live: Node, written: ReadonlySet<string>): Node {
  const rows = new Map(target.rows);
  for (const key of written) {
    const row = live.rows.get(key);
    if (row === undefined) rows.delete(key);
    else rows.set(key, row);
  }
  return { ...target, rows, deltas: [...target.deltas, ...live.deltas.slice(before.deltas.length)] };
}

function rollBack(before: Node, after: Node, rules: Rules): Node {
  return rules.countersFromSequence ? { ...before, counter: after.counter } : before;
}
