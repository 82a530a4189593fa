import { type ClusterConnection, connectCluster } from '../../../sandbox/client.ts';
import type {
  ClusterApi,
  ClusterState,
  Comparison,
  OpenAnswer,
  StatementResult,
  Verdict,
} from '../../../sandbox/protocol.ts';
import type { TraceEvent } from '../../engine/trace/events.ts';
import { freshCells } from './fresh-cells.ts';
import { progressWords } from './node-words.ts';
import { Refresher } from './refresher.ts';
import { appendTrace, touchesRows } from './trace-buffer.ts';
import { type Journey, JourneyPlanner } from './travel.ts';
import { errorWords } from './words.ts';

/** What went wrong, why, and what a person can do about it. */
export interface Trouble {
  what: string;
  why: string;
  now: string;
}

const RETRY_MS_MAX = 8_000;
const JOURNEYS_MAX = 24;

/**
 * One live cluster as the components see it: connects, keeps state, trace, rows and verdict up to date, survives a
 * lost connection. Every component of this folder takes one as `cluster`.
 *
 * ```ts
 * const cluster = createClusterStore();
 * onMount(() => { cluster.open(); return () => cluster.close(); });
 * ```
 */
export class ClusterStore {
  phase: 'idle' | 'connecting' | 'open' | 'lost' | 'failed' = $state('idle');
  /** The connection or the last action failed; null when nothing is wrong. */
  trouble: Trouble | null = $state.raw(null);
  /** Null until the first answer. Kept while the connection is lost. */
  state: ClusterState | null = $state.raw(null);
  /** The engine has run: there is something to work with, also while it is reset. */
  started = $state(false);
  trace: TraceEvent[] = $state.raw([]);
  comparison: Comparison[] = $state.raw([]);
  /** Rows on nodes that changed at the last look (see `cellId`), and a number that grows with each look. */
  fresh: { cells: Set<string>; look: number } = $state.raw({ cells: new Set(), look: 0 });
  verdict: Verdict | null = $state.raw(null);
  /** Something happened since the verdict was found: it is being looked at again. */
  stale = $state(true);
  /** Changes moving on the diagram now. */
  journeys: Journey[] = $state.raw([]);
  /** Actions under way, by their words, so that buttons can wait. */
  pending: string[] = $state.raw([]);
  /** What is going on until the first answer, in words. */
  progress: string = $state('Looking for a sandbox on this server.');

  #connection: ClusterConnection | null = null;
  #planner = new JourneyPlanner();
  #refresher: Refresher | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = 500;
  /** Grows with each connection; answers of an earlier one are dropped. */
  #generation = 0;

  /** True when this visitor may do everything; false for attendees, who may look and write rows. */
  get presenter(): boolean {
    return this.state?.role !== 'attendee';
  }

  get ready(): boolean {
    return this.phase === 'open' && this.started;
  }

  /** Connects, and connects again whenever a server's connection is lost, until `close`. Never rejects: see `trouble`. */
  async open(): Promise<void> {
    if (this.phase === 'connecting' || this.phase === 'open') return;
    clearTimeout(this.#retryTimer);
    const generation = ++this.#generation;
    const again = this.phase === 'lost';
    this.phase = 'connecting';
    this.progress = 'Looking for the nodes.';
    try {
      const connection = await connectCluster({
        onTrace: (events) => generation === this.#generation && this.#onTrace(events),
        onState: (state) => generation === this.#generation && this.#onState(state),
        onLost: (why) => generation === this.#generation && this.#onLost(why),
      });
      if (generation !== this.#generation) return connection.close();
      this.#connection = connection;
      if (connection.backend === 'browser')
        this.progress = 'PostgreSQL is being loaded into this page, about 5 MB.';
      const answer = await connection.api.open();
      if (generation === this.#generation) this.#onOpen(answer);
    } catch (error) {
      if (generation !== this.#generation) return;
      if (again) this.#lost('The cluster still does not answer.', errorWords(error));
      else this.#failed('The cluster did not start.', errorWords(error));
    }
  }

  /** Ends the connection; in the browser that ends the nodes too. */
  close(): void {
    clearTimeout(this.#retryTimer);
    this.#letGo();
    this.phase = 'idle';
  }

  /** Runs a script on a node. Database errors are results; only a lost cluster rejects. */
  async execute(node: string, script: string): Promise<StatementResult[]> {
    const api = this.#api();
    try {
      return await api.execute(node, script);
    } finally {
      this.#refresher?.touch();
    }
  }

  completions(node: string): Promise<Record<string, string[]>> {
    return this.#api().completions(node);
  }

  /**
   * Does one of the things that a cluster can be asked to do; an error becomes `trouble`.
   * @param words what is being done, for the button and the message: `Cut the link a to b`
   */
  async act(words: string, action: (api: ClusterApi) => Promise<void>): Promise<void> {
    if (this.pending.includes(words)) return;
    this.pending = [...this.pending, words];
    try {
      await action(this.#api());
      if (this.phase === 'open') this.trouble = null;
    } catch (error) {
      if (this.phase === 'open')
        this.trouble = {
          what: `This did not work: ${words.toLowerCase()}.`,
          why: errorWords(error),
          now: 'Try it again, or reset the cluster.',
        };
    } finally {
      this.pending = this.pending.filter((one) => one !== words);
      this.#refresher?.touch();
    }
  }

  dismissTrouble(): void {
    this.trouble = null;
  }

  journeyEnded(id: string): void {
    this.journeys = this.journeys.filter((journey) => journey.id !== id);
  }

  #api(): ClusterApi {
    if (!this.#connection)
      throw new Error('There is no connection to the cluster now. Wait until it is back.');
    return this.#connection.api;
  }

  #onOpen(answer: OpenAnswer): void {
    this.phase = 'open';
    this.trouble = null;
    this.#retryMs = 500;
    this.#planner = new JourneyPlanner();
    this.journeys = [];
    this.trace = appendTrace([], answer.trace).trace;
    this.#refresher?.close();
    this.#refresher = new Refresher({
      look: () => this.#look(),
      onStale: (stale) => {
        this.stale = stale;
      },
    });
    this.#refresher.touch(0);
    this.#onState(answer.state);
  }

  #onState(state: ClusterState): void {
    // A state arrives with every step of a round; few of them mean that rows may be others than before.
    const touched = this.state === null || whatMatters(this.state) !== whatMatters(state);
    this.state = state;
    if (!this.started) this.#whileStarting(state);
    if (touched) this.#refresher?.touch();
  }

  #whileStarting(state: ClusterState): void {
    this.started = state.engine === 'running' || state.engine === 'paused';
    this.progress = progressWords(state.nodes);
    if (this.started) this.#refresher?.touch(0);
    if (state.engine !== 'stopped') return;
    const errors = state.nodes.flatMap((node) =>
      node.error === null ? [] : [`${node.name}: ${node.error}`],
    );
    this.#failed('The cluster did not start.', errors.join(' ') || 'The nodes ended before they answered.');
  }

  #onTrace(events: TraceEvent[]): void {
    const { trace, fresh } = appendTrace(this.trace, events);
    this.trace = trace;
    if (fresh.length === 0) return;
    const planned = this.#planner.plan(fresh, performance.now());
    if (planned.length > 0) this.journeys = [...this.journeys, ...planned].slice(-JOURNEYS_MAX);
    if (fresh.some(touchesRows)) this.#refresher?.touch();
  }

  #onLost(why: string): void {
    // Nodes in this browser are gone with their worker: only a person should start others in their place.
    if (this.#connection?.backend === 'server') this.#lost('The connection to the cluster is lost.', why);
    else this.#failed('The nodes in this page have ended.', why);
  }

  #lost(what: string, why: string): void {
    this.#letGo();
    this.phase = 'lost';
    this.trouble = {
      what,
      why,
      now: 'The page connects again by itself as soon as the sandbox answers (npm run sandbox starts it). What you see is from before.',
    };
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.open(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  #failed(what: string, why: string): void {
    this.#letGo();
    this.phase = 'failed';
    this.started = false;
    this.state = null;
    this.trouble = {
      what,
      why,
      now: 'Try again. If it does not help, close other tabs (three databases need about 700 MB of memory) or use another browser.',
    };
  }

  /** Nothing of the connection is listened to from here on. */
  #letGo(): void {
    this.#generation += 1;
    this.#refresher?.close();
    this.#connection?.close();
    this.#connection = null;
    this.stale = true;
  }

  /** One look at rows and verdict; true while it is worth to look again soon. */
  async #look(): Promise<boolean> {
    const connection = this.#connection;
    if (this.phase !== 'open' || !connection || !this.started) return false;
    const [comparison, verdict] = await Promise.all([connection.api.compare(), connection.api.verdict()]);
    if (connection !== this.#connection) return false;
    const cells = freshCells(this.comparison, comparison);
    if (cells.size > 0) this.fresh = { cells, look: this.fresh.look + 1 };
    this.comparison = comparison;
    this.verdict = verdict;
    return verdict.status !== 'equal';
  }
}

/** The parts of a state on which rows and verdict depend, as a text that can be compared. */
function whatMatters({ engine, nodes, links }: ClusterState): string {
  return JSON.stringify([
    engine,
    nodes.map(({ status, waiting }) => [status, waiting]),
    links.map(({ up, error }) => [up, error]),
  ]);
}

/** A store for one cluster; call `open()` when the page is mounted and `close()` when it goes. */
export function createClusterStore(): ClusterStore {
  return new ClusterStore();
}
