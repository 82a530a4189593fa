import type { Connect } from '../../src/engine/ports/connection.ts';

/** Starts databases for a cluster. One implementation for each place where PostgreSQL can run. */
export interface NodeProvider {
  kind: 'docker' | 'embedded' | 'browser';
  /** What runs the nodes, in words: `embedded PostgreSQL 18.4`, `Docker, image postgres:18`. */
  label: string;
  /** Starts one node and resolves when it accepts connections. */
  start(spec: NodeSpec): Promise<DatabaseNode>;
  /** Stops and removes everything that this provider has started. Idempotent, also while a start is under way. */
  dispose(): Promise<void>;
}

export interface NodeSpec {
  /** `a` to `h`. */
  name: string;
}

/** One running (or stopped) PostgreSQL node. */
export interface DatabaseNode {
  name: string;
  /** For example `18.4`. */
  version: string;
  /** A session for the engine: a superuser. */
  connect: Connect;
  /** A session for SQL that people type: owns the scenario's tables, is not a superuser. */
  connectAsSpeaker: Connect;
  /** A session for SQL that strangers type: may only read and write rows. */
  connectAsAttendee: Connect;
  /** URL for any PostgreSQL client, with the speaker's role, or null in the browser. The same after stop and start. */
  connectionString: string | null;
  /** Clean shutdown; data stays. */
  stop(): Promise<void>;
  /** Starts again on the same data, on the same port. */
  start(): Promise<void>;
  /** The machine loses power: no clean shutdown. */
  kill(): Promise<void>;
  /** Puts the first data directory back and starts on it; only where that is quicker than emptying the database. */
  restore?(): Promise<void>;
}
