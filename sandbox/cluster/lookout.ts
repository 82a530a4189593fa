import type { RelationName } from '../../src/engine/types.ts';
import type { ClusterState, Comparison, Verdict } from '../protocol.ts';
import { compareTables, readTableRows } from './compare.ts';
import type { Look } from './first-difference.ts';
import type { Member } from './member.ts';
import { SharedLook } from './shared-look.ts';
import { findVerdict } from './verdict.ts';

/** Looks at all nodes together. Any number of visitors may ask at any time: those who ask at once share an answer. */
export class Lookout {
  readonly #members: readonly Member[];
  readonly #relations: readonly RelationName[];
  readonly #state: () => ClusterState;
  readonly #comparisons = new SharedLook(() => this.#findComparisons());
  readonly #verdicts = new SharedLook(() => this.#findVerdict());
  #counting: Promise<boolean> | null = null;

  constructor(members: readonly Member[], relations: readonly RelationName[], state: () => ClusterState) {
    this.#members = members;
    this.#relations = relations;
    this.#state = state;
  }

  compare(): Promise<Comparison[]> {
    return this.#comparisons.get();
  }

  verdict(): Promise<Verdict> {
    return this.#verdicts.get();
  }

  /** Counts what waits on each node. @returns whether a count has changed. */
  count(): Promise<boolean> {
    this.#counting ??= this.#count().finally(() => {
      this.#counting = null;
    });
    return this.#counting;
  }

  async #count(): Promise<boolean> {
    const counts = () => this.#members.map((member) => member.waiting).join();
    const before = counts();
    await Promise.all(this.#members.map((member) => member.countWaiting(this.#relations)));
    return counts() !== before;
  }

  #findComparisons(): Promise<Comparison[]> {
    return Promise.all(
      this.#relations.map(async (relation) => {
        const perNode = await Promise.all(
          this.#members.map(async (member) => ({
            node: member.name,
            table: await member.observer
              .look((connection) => readTableRows(connection, relation))
              .catch(() => null),
          })),
        );
        return compareTables(relation, perNode);
      }),
    );
  }

  #findVerdict(): Promise<Verdict> {
    const running = this.#members.filter((member) => member.wanted === 'running');
    const looks = running.map((member): [string, Look] => [
      member.name,
      (work) => member.observer.look(work),
    ]);
    return findVerdict(this.#relations, new Map(looks), () => this.#state());
  }
}
