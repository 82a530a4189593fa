import { createEngine } from '../src/engine/engine.ts';
import type { Engine, EngineStatus, LinkStatus } from '../src/engine/types.ts';
import { compareTables, readTableRows } from './cluster/compare.ts';
import { readCompletions } from './cluster/completions.ts';
import type { Look } from './cluster/first-difference.ts';
import { Member } from './cluster/member.ts';
import { prepareNode } from './cluster/prepare-node.ts';
import { endOtherSessions, resetDatabase } from './cluster/reset-database.ts';
import {
  type ClusterControl,
  type ClusterSession,
  type ConsoleSet,
  createSession,
  type Role,
} from './cluster/session.ts';
import { SharedLook } from './cluster/shared-look.ts';
import { Throttle } from './cluster/throttle.ts';
import { TraceFeed } from './cluster/trace-feed.ts';
import { findVerdict } from './cluster/verdict.ts';
import type { NodeProvider } from './nodes/node-provider.ts';
import type { ClusterListener, ClusterState, Comparison } from './protocol.ts';
import { goats } from './scenarios/goats/scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';

export interface ClusterOptions {
  provider: NodeProvider;
  /** 2 to 8, called a to h. */
  nodes: number;
  /** @default goats */
  scenario?: Scenario;
}

const STATE_MS = 50;
const COUNT_MS = 150;
/** Changes that no event announces: a paused engine, a writer of its own. */
const COUNT_IDLE_MS = 1_000;

/**
 * Nodes, engine and scenario: one live cluster. The same class runs on the server and in a browser worker; pages, tests
 * and the command line talk to it through sessions.
 */
export class Cluster {
  readonly #provider: NodeProvider;
  readonly #scenario: Scenario;
  readonly #members: Member[];
  readonly #sessions = new Map<ConsoleSet, { role: Role; listener: ClusterListener }>();
  readonly #feed = new TraceFeed((events) => {
    for (const { listener } of this.#sessions.values()) listener.onTrace(events);
  });
  readonly #stateChanged = new Throttle(STATE_MS, () => this.#pushState());
  readonly #countSoon = new Throttle(COUNT_MS, () => void this.#count());
  readonly #compare = new SharedLook(() => this.#findComparison());
  readonly #verdict = new SharedLook(() => this.#findVerdict());
  readonly #control: ClusterControl;
  #idleCount: ReturnType<typeof setInterval> | undefined;
  #engine: Engine | null = null;
  #phase: 'new' | 'starting' | 'running' | 'stopped' = 'new';
  #failure: Error | null = null;
  /** Starts, stops and resets run one after another. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ClusterOptions) {
    if (!Number.isInteger(options.nodes) || options.nodes < 2 || options.nodes > 8) {
      throw new Error(`A cluster has 2 to 8 nodes, not ${options.nodes}.`);
    }
    this.#provider = options.provider;
    this.#scenario = options.scenario ?? goats;
    this.#members = Array.from(
      { length: options.nodes },
      (_, index) => new Member(String.fromCharCode(97 + index), index + 1),
    );
    this.#control = this.#makeControl();
  }

  /** Starts nodes, scenario and engine; rejects, with everything stopped again, where one of them does not start. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#phase !== 'new') throw new Error('A cluster is started once. Make another.');
      this.#phase = 'starting';
      try {
        await Promise.all(
          this.#members.map(async (member) => {
            member.node = await this.#provider.start({ name: member.name });
            await prepareNode(member.node, this.#scenario, member === this.#members[0]);
            member.wanted = 'running';
            this.#stateChanged.touch();
          }),
        );
        await this.#startEngine();
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        await this.#end();
        throw error;
      }
      this.#phase = 'running';
      this.#idleCount = setInterval(() => this.#sessions.size > 0 && this.#countSoon.touch(), COUNT_IDLE_MS);
      this.#touched();
    });
  }

  /** Ends sessions, engine and nodes. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#end());
  }

  /** A visitor. Can be opened at any time, also while the nodes start. */
  session(role: Role, listener: ClusterListener): ClusterSession {
    const { session, consoles } = createSession(role, this.#control, (closed) => {
      this.#sessions.delete(closed);
    });
    this.#sessions.set(consoles, { role, listener });
    return session;
  }

  #makeControl(): ClusterControl {
    return {
      open: async (role: Role) => {
        if (this.#failure) throw this.#failure;
        this.#feed.flush();
        return { state: this.#state(role), trace: this.#feed.newest() };
      },
      member: (name: string) => this.#member(name),
      sharedSessions: this.#provider.kind === 'browser',
      touched: () => this.#touched(),
      completions: (name: string) => this.#member(name).observer.look(readCompletions),
      compare: () => this.#compare.get(),
      verdict: () => this.#verdict.get(),
      cutLink: async (a: string, b: string) => this.#running().setLink(a, b, false),
      healLink: async (a: string, b: string) => this.#running().setLink(a, b, true),
      pause: async () => {
        await this.#running().pause();
      },
      resume: async () => this.#running().resume(),
      kick: async () => this.#running().kick(),
      stopNode: (name: string) => this.#stopNode(this.#member(name)),
      startNode: (name: string) => this.#startNode(this.#member(name)),
      reset: () => this.#reset(),
    };
  }

  #member(name: string): Member {
    const found = this.#members.find((member) => member.name === name);
    const names = this.#members.map((member) => member.name).join(', ');
    if (!found) throw new Error(`There is no node ${JSON.stringify(name)} here. The nodes are ${names}.`);
    return found;
  }

  #running(): Engine {
    if (this.#engine) return this.#engine;
    throw new Error(
      this.#phase === 'stopped' ? 'The cluster has ended.' : 'The engine is still starting. Wait a moment.',
    );
  }

  async #startEngine(): Promise<void> {
    const engine = createEngine(
      {
        name: this.#scenario.name,
        nodes: this.#members.map((member) => ({
          id: member.id,
          name: member.name,
          // Whatever the reason why a node can't be reached, the engine tries again later.
          connect: () => member.node!.connect(),
        })),
        relations: this.#scenario.relations,
      },
      {
        // A person waits: look and try again sooner than an engine on its own would.
        retryMsMax: 1_000,
        pollMs: 5_000,
        trace: (event) => {
          this.#feed.add(event);
          this.#touched();
        },
      },
    );
    await engine.start();
    this.#engine = engine;
  }

  async #stopEngine(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    await engine?.stop();
  }

  #stopNode(member: Member): Promise<void> {
    return this.#inTurn(async () => {
      if (member.wanted === 'stopped') return;
      const node = member.database();
      member.wanted = 'stopped';
      member.rejoining = false;
      this.#stateChanged.touch();
      await Promise.all([...this.#sessions.keys()].map((consoles) => consoles.drop(member.name)));
      await member.observer.close();
      await node.stop();
      // PGlite has no socket that breaks: the engine finds out by the next thing that it tries.
      this.#engine?.kick(member.name);
      this.#touched();
    });
  }

  #startNode(member: Member): Promise<void> {
    return this.#inTurn(async () => {
      if (member.wanted === 'running' && member.state(this.#reaches(member), null).status === 'running')
        return;
      await this.#bringUp(member);
      this.#engine?.kick(member.name);
    });
  }

  async #bringUp(member: Member): Promise<void> {
    if (!member.node) throw new Error(`Node ${member.name} never started. Start the sandbox again.`);
    member.wanted = 'starting';
    this.#stateChanged.touch();
    try {
      await member.node.start();
      member.error = null;
      member.rejoining = true;
      member.wanted = 'running';
    } catch (error) {
      member.wanted = 'stopped';
      throw error;
    } finally {
      this.#touched();
    }
  }

  #reset(): Promise<void> {
    return this.#inTurn(async () => {
      this.#running();
      for (const consoles of this.#sessions.keys()) await consoles.drop();
      await Promise.all(
        this.#members.filter((member) => member.wanted !== 'running').map((member) => this.#bringUp(member)),
      );
      // Whoever holds a lock would hold up the round that the engine wants to finish.
      await Promise.all(this.#members.map((member) => disconnectAll(member)));
      await this.#stopEngine();
      await Promise.all(this.#members.map((member) => member.observer.close()));
      this.#feed.clear();
      await Promise.all(
        this.#members.map(async (member) => {
          await resetDatabase(member.node!);
          await prepareNode(member.node!, this.#scenario, member === this.#members[0]);
          member.waiting = 0;
          member.rejoining = false;
        }),
      );
      await this.#startEngine();
      this.#touched();
    });
  }

  async #end(): Promise<void> {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    clearInterval(this.#idleCount);
    this.#countSoon.stop();
    this.#stateChanged.stop();
    for (const consoles of [...this.#sessions.keys()]) await consoles.close();
    await this.#stopEngine().catch(() => {});
    this.#feed.flush();
    for (const member of this.#members) {
      await member.observer.close();
      member.wanted = 'stopped';
    }
    this.#pushState();
    await this.#provider.dispose();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  #reaches(member: Member): boolean {
    return this.#engine?.status().nodes.find((node) => node.name === member.name)?.reachable ?? false;
  }

  #touched(): void {
    this.#stateChanged.touch();
    if (this.#phase === 'running') this.#countSoon.touch();
  }

  async #count(): Promise<void> {
    const before = this.#members.map((member) => member.waiting).join();
    await Promise.all(this.#members.map((member) => member.countWaiting(this.#scenario.relations)));
    if (this.#members.map((member) => member.waiting).join() !== before) this.#stateChanged.touch();
  }

  #pushState(): void {
    for (const { role, listener } of this.#sessions.values()) listener.onState(this.#state(role));
  }

  #state(role: Role): ClusterState {
    const { name, title, goal, snippets } = this.#scenario;
    const status = this.#engine?.status();
    return {
      backend: this.#provider.kind,
      backendLabel: this.#provider.label,
      role,
      scenario: { name, title, goal, snippets },
      engine: this.#engineState(status),
      nodes: this.#members.map((member) => {
        const seen = status?.nodes.find((node) => node.name === member.name);
        const state = member.state(seen?.reachable ?? false, seen?.error ?? null);
        // Its URL has the speaker's password.
        return role === 'presenter' ? state : { ...state, connectionString: null };
      }),
      links: status?.links ?? this.#everyLink(),
    };
  }

  #engineState(status: EngineStatus | undefined): ClusterState['engine'] {
    if (status) return status.state;
    return this.#phase === 'stopped' ? 'stopped' : 'starting';
  }

  #everyLink(): LinkStatus[] {
    const names = this.#members.map((member) => member.name);
    return names.flatMap((a, index) =>
      names.slice(index + 1).map((b) => ({ a, b, up: true, busyFrom: null, error: null })),
    );
  }

  #findComparison(): Promise<Comparison[]> {
    return Promise.all(
      this.#scenario.relations.map(async (relation) => {
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

  #findVerdict() {
    const looks = new Map<string, Look>(
      this.#members
        .filter((member) => member.wanted === 'running')
        .map((member) => [member.name, (work) => member.observer.look(work)]),
    );
    return findVerdict(this.#scenario.relations, looks, () => {
      const { engine, nodes, links } = this.#state('presenter');
      return { engine, nodes, links };
    });
  }
}

/** Before a reset. A node that is lost in this moment is found again by the reset itself. */
async function disconnectAll(member: Member): Promise<void> {
  if (member.node?.restore) return;
  const connection = await member.node!.connect();
  try {
    await endOtherSessions(connection);
  } finally {
    await connection.close();
  }
}
