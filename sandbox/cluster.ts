import { createEngine } from '../src/engine/engine.ts';
import type { Engine } from '../src/engine/types.ts';
import { clusterState } from './cluster/cluster-state.ts';
import { readCompletions } from './cluster/completions.ts';
import { Lookout } from './cluster/lookout.ts';
import type { Member } from './cluster/member.ts';
import { bringUp, disconnectAll, findMember, makeMembers, resetMember } from './cluster/members.ts';
import { prepareNode } from './cluster/prepare-node.ts';
import {
  type ClusterControl,
  type ClusterSession,
  type ConsoleSet,
  createSession,
  type Role,
} from './cluster/session.ts';
import { Throttle } from './cluster/throttle.ts';
import { TraceFeed } from './cluster/trace-feed.ts';
import type { NodeProvider } from './nodes/node-provider.ts';
import type { ClusterListener, ClusterState } from './protocol.ts';
import { goats } from './scenarios/goats/scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { withinTime } from './within-time.ts';

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
/** A round may wait for a lock that somebody's psql holds; when its node ends, so does it. */
const STOP_ENGINE_MS_MAX = 3_000;

/**
 * Nodes, engine and scenario: one live cluster. The same class runs on the server and in a browser worker; pages, tests
 * and the command line talk to it through sessions.
 */
export class Cluster {
  readonly #provider: NodeProvider;
  readonly #scenario: Scenario;
  readonly #members: Member[];
  readonly #lookout: Lookout;
  readonly #control: ClusterControl;
  readonly #sessions = new Map<ConsoleSet, { role: Role; listener: ClusterListener }>();
  readonly #feed = new TraceFeed((events) => {
    for (const { listener } of this.#sessions.values()) listener.onTrace(events);
  });
  readonly #stateSoon = new Throttle(STATE_MS, () => this.#pushState());
  readonly #countSoon = new Throttle(COUNT_MS, () => void this.#count());
  #idleCount: ReturnType<typeof setInterval> | undefined;
  #engine: Engine | null = null;
  #withoutEngine: 'starting' | 'stopped' = 'starting';
  #phase: 'new' | 'starting' | 'running' | 'stopped' = 'new';
  #failure: Error | null = null;
  /** Starts, stops and resets run one after another. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ClusterOptions) {
    this.#provider = options.provider;
    this.#scenario = options.scenario ?? goats;
    this.#members = makeMembers(options.nodes);
    this.#lookout = new Lookout(this.#members, this.#scenario.relations, () => this.#state('presenter'));
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
            this.#stateSoon.touch();
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
    const member = (name: string) => findMember(this.#members, name);
    return {
      member,
      sharedSessions: this.#provider.kind === 'browser',
      touched: () => this.#touched(),
      open: async (role) => {
        if (this.#failure) throw this.#failure;
        this.#feed.flush();
        return { state: this.#state(role), trace: this.#feed.newest() };
      },
      completions: async (name) => member(name).observer.look(readCompletions),
      compare: () => this.#lookout.compare(),
      verdict: () => this.#lookout.verdict(),
      cutLink: async (a, b) => this.#running().setLink(a, b, false),
      healLink: async (a, b) => this.#running().setLink(a, b, true),
      pause: async () => this.#running().pause(),
      resume: async () => this.#running().resume(),
      kick: async () => this.#running().kick(),
      stopNode: async (name) => this.#stopNode(member(name)),
      startNode: async (name) => this.#startNode(member(name)),
      reset: () => this.#reset(),
    };
  }

  #running(): Engine {
    if (this.#engine) return this.#engine;
    throw new Error(
      {
        new: 'The cluster has not been started.',
        starting: 'The engine is still starting. Wait a moment.',
        running: 'The engine does not run: the last reset failed. Reset again.',
        stopped: 'The cluster has ended.',
      }[this.#phase],
    );
  }

  async #startEngine(): Promise<void> {
    const nodes = this.#members.map((member) => {
      const connect = () => member.node!.connect();
      return { id: member.id, name: member.name, connect };
    });
    const engine = createEngine(
      { name: this.#scenario.name, nodes, relations: this.#scenario.relations },
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
      this.#stateSoon.touch();
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
      const seen = this.#state('presenter').nodes.find((node) => node.name === member.name);
      if (seen?.status === 'running') return;
      this.#stateSoon.touch();
      await bringUp(member);
      this.#engine?.kick(member.name);
      this.#touched();
    });
  }

  #reset(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#phase !== 'running') this.#running();
      this.#withoutEngine = 'starting';
      try {
        for (const consoles of this.#sessions.keys()) await consoles.drop();
        const up = this.#state('presenter').nodes.map((node) => node.status === 'running');
        await Promise.all(this.#members.filter((_, index) => !up[index]).map(bringUp));
        await Promise.all(this.#members.map(disconnectAll));
        await this.#stopEngine();
        this.#feed.clear();
        await Promise.all(
          this.#members.map((member, index) => resetMember(member, this.#scenario, index === 0)),
        );
        await this.#startEngine();
      } finally {
        this.#withoutEngine = 'stopped';
        this.#touched();
      }
    });
  }

  async #end(): Promise<void> {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    this.#withoutEngine = 'stopped';
    clearInterval(this.#idleCount);
    this.#countSoon.stop();
    this.#stateSoon.stop();
    for (const consoles of this.#sessions.keys()) await consoles.drop();
    await withinTime(this.#stopEngine(), STOP_ENGINE_MS_MAX);
    this.#feed.flush();
    for (const member of this.#members) {
      member.wanted = 'stopped';
      await member.observer.close();
    }
    this.#pushState();
    for (const consoles of this.#sessions.keys()) await consoles.close();
    await this.#provider.dispose();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  #touched(): void {
    if (this.#phase === 'stopped') return;
    this.#stateSoon.touch();
    if (this.#phase === 'running') this.#countSoon.touch();
  }

  async #count(): Promise<void> {
    if ((await this.#lookout.count()) && this.#phase === 'running') this.#stateSoon.touch();
  }

  #pushState(): void {
    for (const { role, listener } of this.#sessions.values()) listener.onState(this.#state(role));
  }

  #state(role: Role): ClusterState {
    return clusterState(
      {
        provider: this.#provider,
        scenario: this.#scenario,
        members: this.#members,
        engine: this.#engine,
        withoutEngine: this.#withoutEngine,
      },
      role,
    );
  }
}
