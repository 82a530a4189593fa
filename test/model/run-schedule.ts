/** Runs a schedule on the model, with the oracle watching, then lets the nodes come to rest and checks the invariants. */
import { write } from './capture.ts';
import { checkAtRest, checkKnowledgeGrows, checkRepeat, checkStable } from './invariants.ts';
import { purge, type RoundRequest, round } from './model.ts';
import { copyNode, createNode, type Node } from './node.ts';
import { Oracle } from './oracle.ts';
import { allRules, type Rules } from './rules.ts';
import type { Schedule, ScheduleStep } from './schedule.ts';

export interface RunOptions {
  rules?: Partial<Rules>;
  /** The shortcut between exactly two nodes. */
  skipVersions?: boolean;
}

export interface RunOutcome {
  oracle: Oracle;
  nodes: Node[];
  rounds: number;
  /** Rounds over every link in both directions until nothing changed any more. */
  sweeps: number;
  /** The most versions of other nodes' dots that a node held after a round. */
  foreignVersionsMax: number;
}

/** Microseconds between two steps: more than all the microseconds that a run adds to its stamps. */
export const STEP = 1_000;
const HOUR = 3_600_000_000;

/** A cluster that takes the steps of a schedule one by one; the engine's tests walk one of these beside real nodes. */
export class ModelCluster {
  readonly oracle = new Oracle();
  readonly nodes: Node[];
  readonly up: boolean[];
  rounds = 0;
  foreignVersionsMax = 0;
  private now = 0;
  private readonly rules: Rules;
  private readonly links: [number, number][];
  private readonly skipVersions: boolean;

  constructor(schedule: Schedule, { rules, skipVersions = false }: RunOptions = {}) {
    this.rules = { ...allRules, ...rules };
    this.links = schedule.links;
    this.skipVersions = skipVersions;
    this.up = schedule.links.map(() => true);
    const members = Array.from({ length: schedule.nodes }, (_, i) => i + 1);
    this.nodes = members.map((id) => createNode(id, members));
  }

  node(id: number): Node {
    return this.nodes[id - 1]!;
  }

  /** @returns false where the step has nothing to do, for example a round over a cut link. */
  take(step: ScheduleStep): boolean {
    this.now += STEP;
    switch (step.type) {
      case 'write': {
        const keys = write(this.node(step.node), step.write, this.now, this.rules);
        this.oracle.wrote(step.node, keys, this.node(step.node).rows);
        return keys.length > 0;
      }
      case 'skew':
        this.node(step.node).skew = step.hours * HOUR;
        return true;
      case 'link':
        this.up[step.link] = step.up;
        return true;
      case 'purge': {
        const node = copyNode(this.node(step.node));
        purge(node, this.rules, []);
        this.nodes[step.node - 1] = node;
        return true;
      }
      case 'round':
        if (!this.up[step.link]) return false;
        this.round(step);
        return true;
    }
  }

  /** Source and target of a round. */
  ends({ link, back }: { link: number; back: boolean }): [number, number] {
    const [a, b] = this.links[link]!;
    return back ? [b, a] : [a, b];
  }

  round({
    crash = null,
    purge = true,
    meanwhile = [],
    meanwhileThere = [],
    ...where
  }: { link: number; back: boolean } & Partial<RoundRequest>) {
    const [sourceId, targetId] = this.ends(where);
    const [source, target] = [this.node(sourceId), this.node(targetId)];
    const { now, rules, skipVersions } = this;
    const request: RoundRequest = {
      source,
      target,
      now,
      crash,
      purge,
      skipVersions,
      meanwhile,
      meanwhileThere,
      rules,
    };
    const result = round(request);
    if (crash) checkRepeat(request, this.oracle);
    this.oracle.saw(result);
    for (const [before, after] of [
      [source, result.source],
      [target, result.target],
    ] as const) {
      checkKnowledgeGrows(before, after, this.oracle);
      this.nodes[after.id - 1] = after;
    }
    for (const node of [result.source, result.target]) {
      this.oracle.checkKnowledgeIsTrue(node);
      checkStable(node, this.nodes, this.oracle);
      const foreign = [...node.versions.values()].filter(({ dot }) => dot.origin !== node.id).length;
      this.foreignVersionsMax = Math.max(this.foreignVersionsMax, foreign);
    }
    this.rounds++;
    return result;
  }

  /** Every link, both ways: what a scheduler that knows nothing better would run. */
  everyRound(): { link: number; back: boolean }[] {
    return this.links.flatMap((_, link) => [
      { link, back: false },
      { link, back: true },
    ]);
  }

  /**
   * Heals all links and runs rounds over all of them, both ways, until a sweep changes nothing.
   * @returns the number of sweeps.
   */
  rest(sweepsMax = 4 * this.nodes.length): number {
    this.up.fill(true);
    for (let sweep = 1; sweep <= sweepsMax; sweep++) {
      const before = this.fingerprint();
      for (const where of this.everyRound()) {
        this.take({ type: 'round', ...where, crash: null, purge: true, meanwhile: [] });
      }
      if (this.fingerprint() === before) return sweep;
    }
    this.oracle.report(7, `the nodes did not come to rest in ${sweepsMax} sweeps over all links`);
    return sweepsMax;
  }

  /** Changes with everything that a round can change. */
  fingerprint(): string {
    return JSON.stringify(
      this.nodes.map((node) => [
        node.deltas,
        [...node.versions],
        [...node.rows],
        [...node.matrix].map(([member, vector]) => [member, [...vector]]),
      ]),
    );
  }
}

export function runSchedule(schedule: Schedule, options: RunOptions = {}): RunOutcome {
  const cluster = new ModelCluster(schedule, options);
  for (const step of schedule.steps) cluster.take(step);
  const sweeps = cluster.rest();
  checkAtRest(cluster.nodes, cluster.oracle);
  const { oracle, nodes, rounds, foreignVersionsMax } = cluster;
  return { oracle, nodes, rounds, sweeps, foreignVersionsMax };
}
