import type { RelationName } from '../../src/engine/types.ts';
import type { DatabaseNode } from '../nodes/node-provider.ts';
import type { NodeState } from '../protocol.ts';
import { readWaiting } from './node-reading.ts';
import { Observer } from './observer.ts';

/** One place in the cluster: its database once that is started, how to look at it, and what is known of it. */
export class Member {
  readonly name: string;
  readonly id: number;
  readonly observer: Observer;
  node: DatabaseNode | null = null;
  /** What people asked for; whether the engine reaches the node is another matter. */
  wanted: 'starting' | 'running' | 'stopped' = 'starting';
  /** Started again, and the engine has not been seen to reach it yet. */
  rejoining = false;
  waiting = 0;

  constructor(name: string, id: number) {
    this.name = name;
    this.id = id;
    this.observer = new Observer(name, () => this.database().connect());
  }

  /** @throws Error with a sentence while there is no database that could answer. */
  database(): DatabaseNode {
    if (this.node && this.wanted === 'running') return this.node;
    throw new Error(
      this.wanted === 'stopped'
        ? `Node ${this.name} is stopped. Start it again to use it.`
        : `Node ${this.name} is still starting. Wait a moment.`,
    );
  }

  /** Counts what waits on this node. Leaves the last count where the node does not answer. */
  async countWaiting(relations: readonly RelationName[]): Promise<void> {
    if (this.wanted !== 'running') return;
    try {
      const counts = await this.observer.look((connection) =>
        Promise.all(relations.map((relation) => readWaiting(connection, relation))),
      );
      this.waiting = counts.reduce((sum, { deltas, versions }) => sum + deltas + versions, 0);
    } catch {
      // The state tells that the node is lost; the count is then as old as that.
    }
  }

  state(reachable: boolean, error: string | null): NodeState {
    if (reachable) this.rejoining = false;
    const up = this.wanted === 'running';
    const lost = up && !reachable && !this.rejoining && error !== null;
    return {
      name: this.name,
      id: this.id,
      status: lost ? 'lost' : up && this.rejoining ? 'starting' : this.wanted,
      version: this.node?.version ?? '',
      connectionString: this.node?.connectionString ?? null,
      waiting: this.waiting,
      error: lost ? error : null,
    };
  }
}
