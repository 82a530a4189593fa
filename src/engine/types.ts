/**
 * Glossary. The user interface, the command line, the API and the documents use these words and no others.
 *
 * - node        one database that takes part in replication.
 * - source      a node in the role of giving changes; target: in the role of receiving them. Every node of a
 *               multi-master sync is both.
 * - sync        a named set of tables that is kept equal on a group of nodes.
 * - relation    one replicated table.
 * - link        a pair of nodes between which rounds may run. No link, no round; changes then travel over others.
 * - delta       the append-only table beside each relation into which capture writes the key of every changed row.
 * - fold        the step that turns the pending deltas of a node into versions under its next counter.
 * - counter     a number that a node takes from a sequence at each fold and never uses again.
 * - dot         (origin node, counter): the identity of one version of one row.
 * - stamp       the hybrid logical time of a version; orders concurrent versions, never decides what is concurrent.
 * - version     of a key: dot, stamp and whether the row is gone (a tombstone). Kept only while a node may lack it.
 * - knowledge   of a node for a relation: for each origin the highest counter that it has integrated.
 * - round       one pass from one source to one target: fold, read, merge, apply, settle.
 * - kick        the request for a round, sent by NOTIFY when a change is committed.
 * - conflict    two versions of a key of which neither was known to the node that made the other.
 * - lag         how long the oldest change that a node still lacks has been waiting, in milliseconds.
 */
import type { Connect } from './ports/connection.ts';
import type { TraceListener } from './trace/events.ts';

/** The number of a node: 1 to 32767, unique in a sync, stored with every version, never reused for another node. */
export type NodeId = number;

export interface NodeDefinition {
  id: NodeId;
  /** Unique in the sync; what people call the node: `a`, `berlin`. */
  name: string;
  /** Opens a session that may install triggers and, where possible, set `session_replication_role`. */
  connect: Connect;
}

export interface RelationName {
  schema: string;
  table: string;
}

export interface SyncDefinition {
  name: string;
  nodes: NodeDefinition[];
  /** The same tables, with the same columns and primary keys, must exist on every node. */
  relations: RelationName[];
  /** Pairs of node names. @default every pair (full mesh) */
  links?: [string, string][];
}

export interface EngineOptions {
  /** Receives every step of every round while it happens. Must not throw. */
  trace?: TraceListener;
  /** How often the engine looks for changes that no kick announced, in milliseconds. @default 10_000 */
  pollMs?: number;
  /** First and longest wait before a failed round or a lost node is tried again. @default 100 and 5_000 */
  retryMsMin?: number;
  retryMsMax?: number;
}

/** What a running engine can be asked to do. Made by `createEngine` in `engine.ts`. */
export interface Engine {
  /** Installs capture where it is missing and starts running rounds. Rejects on bad input before anything is changed. */
  start(): Promise<void>;
  /** Finishes the rounds that are under way, then closes every connection. */
  stop(): Promise<void>;
  /** Lets the rounds under way finish and starts no new ones. */
  pause(): Promise<void>;
  resume(): void;
  /** Asks for rounds from this node, or from all. */
  kick(node?: string): void;
  /** A cut link runs no rounds; a round under way is broken off and rolled back on both sides. */
  setLink(a: string, b: string, up: boolean): void;
  /** Resolves when nothing is waiting anywhere that could travel over the links that are up. */
  quiet(): Promise<void>;
  /** What waits, who is reachable and what is known to whom. Reads the engine's memory, not the databases. */
  status(): EngineStatus;
}

export interface EngineStatus {
  state: 'stopped' | 'running' | 'paused';
  nodes: { name: string; id: NodeId; reachable: boolean; error: string | null }[];
  links: LinkStatus[];
}

export interface LinkStatus {
  a: string;
  b: string;
  up: boolean;
  /** A round is under way over this link, from this node. */
  busyFrom: string | null;
  /** The last failed round over this link, if no round has succeeded since. */
  error: string | null;
}
