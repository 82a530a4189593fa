/**
 * The structured events that every step of the engine emits. Diagrams, timelines, logs, metrics and recorded
 * demos read this stream and nothing else. Plain data: an event survives JSON unchanged.
 *
 * Durations are milliseconds; `at` is the engine's wall clock in milliseconds since 1970.
 */
import type { RelationName } from '../types.ts';

export type TraceEvent = TraceEventHead & TraceEventBody;

export interface TraceEventHead {
  /** Strictly increasing within one engine. */
  seq: number;
  at: number;
}

/** A round is named by its number, the source and the target. */
interface InRound {
  round: number;
  source: string;
  target: string;
}

export type TraceEventBody =
  | { type: 'engine'; state: 'running' | 'paused' | 'stopped' | 'idle' | 'busy' }
  | { type: 'kick'; node: string; reason: 'notify' | 'request' | 'reconnect' }
  | { type: 'node'; node: string; state: 'reachable' | 'lost'; error?: string }
  | { type: 'link'; a: string; b: string; up: boolean }
  | (InRound & { type: 'round-start' })
  /** Pending deltas of the source became versions. */
  | (InRound & { type: 'fold'; relation: RelationName; keys: number; counter: string; ms: number })
  /** The changes that the target lacks were streamed into its staging table. `keys` holds at most 20 of them. */
  | (InRound & {
      type: 'read';
      relation: RelationName;
      rows: number;
      bytes: number;
      keys: RowKey[];
      ms: number;
    })
  /** The target compared them with its own versions; `losses` of the incoming ones are not applied. */
  | (InRound & {
      type: 'merge';
      relation: RelationName;
      losses: number;
      conflicts: number;
      ms: number;
    })
  | (InRound & { type: 'conflict'; conflict: ConflictEvent })
  | (InRound & { type: 'apply'; relation: RelationName; written: number; deleted: number; ms: number })
  /** The target committed; from here on the change is safe there. */
  | (InRound & { type: 'target-commit'; ms: number })
  /** The source committed; versions known everywhere were dropped on both. */
  | (InRound & { type: 'settle'; purged: number; ms: number })
  | (InRound & { type: 'round-end'; rows: number; conflicts: number; ms: number })
  | (InRound & { type: 'round-failed'; error: string; code: string; retryInMs: number });

/** A row's primary key, column by column, each value as PostgreSQL prints it. */
export type RowKey = Record<string, string>;

/** A conflict as the log holds it. Rows are `null` where that side had deleted the row. */
export interface ConflictEvent {
  relation: RelationName;
  key: RowKey;
  rule: 'latest';
  winner: ConflictSide;
  loser: ConflictSide;
}

export interface ConflictSide {
  /** Node that made this version. */
  origin: string;
  /** Counter of its dot. */
  counter: string;
  /** Stamp in ISO form, microseconds. */
  stamp: string;
  /** Columns as PostgreSQL's `to_jsonb` gives them, shortened to 2,000 characters each in the trace; the log on the node has them whole. */
  row: Record<string, unknown> | null;
}

export type TraceListener = (event: TraceEvent) => void;
