/**
 * Watches a run of the model from outside and knows the truth about causality: for each row of each node the set of
 * writes that it descends from. It reads none of the algorithm's own bookkeeping to decide what followed what; dots
 * serve it only as names under which a set travels.
 */
import type { Item, RoundResult, Step } from './model.ts';
import { covers, type Dot, knowledgeOf, type Node, type NodeId, type Version } from './node.ts';

/** What a row, or its absence, descends from: all writes seen, and the last of them. */
interface History {
  seen: ReadonlySet<number>;
  head: number;
  /** What the last write left. */
  row: string | null;
}

export interface Violation {
  /** Number of the invariant in DESIGN, section 3; `snapshot`: the target moves from one state of the source to the next. */
  invariant: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 'snapshot';
  what: string;
}

const nothing: History = { seen: new Set(), head: 0, row: null };

export class Oracle {
  readonly violations: Violation[] = [];
  /** Conflicts between a write and another that had seen it: right winner, but not truly concurrent. */
  needless = 0;
  conflicts = 0;
  private writes = 0;
  private histories = new Map<string, History>();
  private dots = new Set<string>();
  private folded = new Map<string, { key: string; dot: Dot; history: History }>();
  /** For each key the writes that lost a conflict that was logged, or that wrote the very same row as the winner. */
  private excused = new Map<string, Set<number>>();

  report(invariant: Violation['invariant'], what: string): void {
    this.violations.push({ invariant, what });
  }

  /** A user's write on a node, after it was carried out on `rows`. */
  wrote(node: NodeId, keys: string[], rows: ReadonlyMap<string, string>): void {
    for (const key of keys) {
      const head = ++this.writes;
      const seen = new Set(this.history(node, key).seen).add(head);
      this.histories.set(`${node} ${key}`, { seen, head, row: rows.get(key) ?? null });
    }
  }

  /** Takes in what a round did, in the order in which it happened, and checks it. */
  saw(result: RoundResult): void {
    this.folds([...result.sourceSteps, ...result.targetSteps]);
    for (const step of result.sourceSteps)
      if (step.type === 'write') this.wrote(step.node, step.keys, step.rows);
    const users = result.targetSteps.filter((step) => step.type === 'write');
    const written = new Set(users.flatMap(({ keys }) => keys));
    if (result.targetCommitted) {
      for (const step of result.targetSteps) {
        // A delete of a row that the target never had, and at the same moment a user inserts it: PostgreSQL lets both
        // pass and neither has seen the other. The insert stays, which is no loss: there was nothing to delete.
        if (step.type === 'apply' && written.has(step.item.key)) {
          this.excuse(step.item.key, this.of(step.item.key, step.item.version));
        } else this.happened(step, result.target);
      }
    }
    for (const { node, keys, rows } of users) this.wrote(node, keys, rows);
  }

  /** A node must have, for every dot that it says it knows, the writes of that dot or something that is allowed to stand for them. */
  checkKnowledgeIsTrue(node: Node): void {
    for (const { key, dot, history } of this.folded.values()) {
      if (!covers(knowledgeOf(node), dot)) continue;
      const missing = this.missing(key, history, this.history(node.id, key));
      if (missing)
        this.report(3, `node ${node.id} says it knows ${name(dot)} of ${key} but lacks write ${missing}`);
    }
  }

  /** Every write that users committed is in every node's row, or was logged as the loser of a conflict. */
  checkNothingIsLost(nodes: Node[]): void {
    for (const [place, history] of this.histories) {
      const key = place.slice(place.indexOf(' ') + 1);
      for (const node of nodes) {
        const missing = this.missing(key, history, this.history(node.id, key));
        if (missing)
          this.report(3, `write ${missing} of ${key} is neither on node ${node.id} nor in a conflict log`);
      }
    }
  }

  private folds(steps: Step[]): void {
    const here = new Set<string>();
    for (const step of steps) {
      if (step.type !== 'fold') continue;
      here.add(name(step.dot));
      if (this.dots.has(name(step.dot))) this.report(6, `counter ${name(step.dot)} is used again`);
      const place = `${name(step.dot)} ${step.key}`;
      this.folded.set(place, { key: step.key, dot: step.dot, history: this.history(step.node, step.key) });
    }
    for (const dot of here) this.dots.add(dot);
  }

  private happened(step: Step, target: Node): void {
    if (step.type === 'apply') this.applied(step.node, step.item);
    if (step.type === 'same') {
      const [incoming, present] = [
        this.of(step.item.key, step.item.version),
        this.of(step.item.key, step.other),
      ];
      this.excuse(step.item.key, step.incomingWins ? present : incoming);
    }
    if (step.type !== 'conflict') return;
    const { key, winner, loser } = step.conflict;
    const [won, lost] = [this.of(key, winner), this.of(key, loser)];
    this.conflicts++;
    if (winner.dot.origin === loser.dot.origin) {
      this.report(4, `node ${winner.dot.origin} is said to be in conflict with itself over ${key}`);
    }
    if (won.seen.has(lost.head)) this.needless++;
    if (lost.head !== won.head && lost.seen.has(won.head)) {
      this.report(
        2,
        `on node ${target.id} write ${lost.head} of ${key} is beaten by ${won.head}, which it had seen`,
      );
    }
    this.excuse(key, lost);
  }

  private applied(node: NodeId, { key, version, row }: Item): void {
    const incoming = this.of(key, version);
    const present = this.history(node, key);
    if (row !== incoming.row) {
      this.report(
        'snapshot',
        `${name(version.dot)} of ${key} brings row ${row} but was ${incoming.row} when it was folded`,
      );
    }
    if (present.head !== incoming.head && present.seen.has(incoming.head)) {
      this.report(
        2,
        `on node ${node} write ${present.head} of ${key} is overwritten by ${incoming.head}, which it had seen`,
      );
      if (row !== null) this.report(5, `row ${key} comes back on node ${node} with write ${incoming.head}`);
    }
    const missing = this.missing(key, present, incoming);
    if (missing)
      this.report(3, `write ${missing} of ${key} is overwritten on node ${node} without a conflict`);
    this.histories.set(`${node} ${key}`, incoming);
  }

  private missing(key: string, wanted: History, held: History): number | undefined {
    const excused = this.excused.get(key);
    for (const id of wanted.seen) if (!held.seen.has(id) && !excused?.has(id)) return id;
    return undefined;
  }

  private excuse(key: string, { seen }: History): void {
    const excused = this.excused.get(key) ?? new Set();
    for (const id of seen) excused.add(id);
    this.excused.set(key, excused);
  }

  private history(node: NodeId, key: string): History {
    return this.histories.get(`${node} ${key}`) ?? nothing;
  }

  private of(key: string, version: Version): History {
    return this.folded.get(`${name(version.dot)} ${key}`)?.history ?? nothing;
  }
}

function name(dot: Dot): string {
  return `(${dot.origin},${dot.counter})`;
}
