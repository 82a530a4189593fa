/**
 * What the pages say to a cluster and what it tells them: plain data over birpc, whose channel is a WebSocket
 * (nodes on the server) or a worker port (PGlite in the browser). The pages do not know which.
 */
import type { ConflictEvent, TraceEvent } from '../src/engine/trace/events.ts';
import type { LinkStatus } from '../src/engine/types.ts';

export type Backend = 'docker' | 'embedded' | 'browser';

/** Functions that the cluster offers to a page. Errors reject with a sentence a person can act on. */
export interface ClusterApi {
  /** Everything a page needs to draw itself; later changes arrive as `onState` and `onTrace`. */
  open(): Promise<OpenAnswer>;
  /** Runs a script on a node, statement by statement, and stops at the first error. */
  execute(node: string, script: string): Promise<StatementResult[]>;
  /** Tables and columns of a node, for completion. */
  completions(node: string): Promise<Record<string, string[]>>;
  /** The replicated tables of the scenario side by side, at most 200 keys each. */
  compare(): Promise<Comparison[]>;
  verdict(): Promise<Verdict>;
  cutLink(a: string, b: string): Promise<void>;
  healLink(a: string, b: string): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  kick(): Promise<void>;
  stopNode(node: string): Promise<void>;
  startNode(node: string): Promise<void>;
  /** Back to the first state of the scenario: fresh databases, all links healed, engine running. */
  reset(): Promise<void>;
}

/** Functions that a page offers to the cluster. */
export interface ClusterListener {
  onTrace(events: TraceEvent[]): void;
  onState(state: ClusterState): void;
}

export interface OpenAnswer {
  state: ClusterState;
  /** The newest events, oldest first, at most 500. */
  trace: TraceEvent[];
}

export interface ClusterState {
  backend: Backend;
  /** What started the nodes, in words: `embedded PostgreSQL 18.4`. */
  backendLabel: string;
  /** What this visitor may do. An attendee may look and write rows; a presenter may do everything. */
  role: 'presenter' | 'attendee';
  scenario: { name: string; title: string; goal: string; snippets: Snippet[] };
  engine: 'starting' | 'running' | 'paused' | 'stopped';
  nodes: NodeState[];
  links: LinkStatus[];
}

export interface NodeState {
  name: string;
  id: number;
  status: 'starting' | 'running' | 'stopped' | 'lost';
  version: string;
  /** For psql and any other client; null in the browser. */
  connectionString: string | null;
  /** Rows captured on this node and not yet folded, plus versions that some node may lack. */
  waiting: number;
  error: string | null;
}

/** A piece of SQL that a click puts into the console. */
export interface Snippet {
  title: string;
  sql: string;
}

export type StatementResult =
  | {
      kind: 'rows';
      statement: string;
      columns: string[];
      /** At most `ROWS_MAX`, values as PostgreSQL prints them, each at most `VALUE_CHARACTERS_MAX` long. */
      rows: (string | null)[][];
      rowCount: number;
      truncated: boolean;
      ms: number;
    }
  | { kind: 'command'; statement: string; command: string; rowCount: number; ms: number }
  | {
      kind: 'error';
      statement: string;
      message: string;
      sqlstate: string | null;
      detail: string | null;
      hint: string | null;
      /** Offset into the whole script, in UTF-16 units, or null. */
      position: number | null;
    };

export const ROWS_MAX = 500;
export const VALUE_CHARACTERS_MAX = 2_000;
export const SCRIPT_CHARACTERS_MAX = 100_000;

/** One table on all nodes, key by key. */
export interface Comparison {
  schema: string;
  table: string;
  columns: string[];
  keyColumns: string[];
  nodes: string[];
  /** Sorted by key. `cells[n]` belongs to `nodes[n]`: the row there, or null where it does not exist or the node is away. */
  rows: {
    key: string[];
    cells: ((string | null)[] | null)[] /** Indexes of columns that differ among the nodes that hold it. */;
    differs: number[];
  }[];
  truncated: boolean;
  /** Nodes that could not be read. */
  away: string[];
}

export interface Verdict {
  /**
   * `equal`: every node was read, the checksums agree and nothing is in flight.
   * `in-flight`: something still waits that can travel. `blocked`: something waits that cannot (a cut link, a
   * stopped node, a paused engine). `different`: nothing waits and yet the nodes differ. `unknown`: not all nodes could be read.
   */
  status: 'equal' | 'in-flight' | 'blocked' | 'different' | 'unknown';
  /** One sentence for a person. */
  sentence: string;
  tables: {
    schema: string;
    table: string;
    perNode: { node: string; rows: number; checksum: string | null }[];
    equal: boolean;
    firstDifferingKey: string[] | null;
  }[];
  waiting: { node: string; deltas: number; versions: number }[];
  /** Newest first, at most 100; the same pair found on several nodes is given once. */
  conflicts: (ConflictEvent & { at: string; foundOn: string })[];
}
