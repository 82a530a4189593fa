/**
 * What the engine needs of a database: one session of it. An adapter per driver implements this
 * (`postgres.ts`, `pglite.ts`); one conformance test holds for all of them (`test/engine/ports.test.ts`).
 *
 * Streams are web streams, so that Node, Deno and browsers look the same to the engine, and they carry the
 * bytes of COPY unparsed.
 */
export interface Connection {
  /**
   * Runs one statement with parameters `$1, $2, ...` and returns its rows. Every value arrives as the text that
   * PostgreSQL prints, or null: nothing is converted, so nothing can be lost by a conversion.
   * @throws {DatabaseError} with SQLSTATE, node and statement.
   */
  query<Row = Record<string, string | null>>(
    statement: string,
    parameters?: readonly Parameter[],
  ): Promise<Row[]>;
  /** Runs a script of several statements without parameters, in one implicit transaction. Results are dropped. */
  script(statements: string): Promise<void>;
  /** Runs one statement as a person typed it and returns at most `rowsMax` of its rows; the rest is not fetched. */
  execute(statement: string, rowsMax: number): Promise<StatementOutcome>;
  /** Opens a transaction in this session. Only one can be open at a time. */
  begin(isolation: Isolation): Promise<void>;
  commit(): Promise<void>;
  /** Rolls back if a transaction is open; does nothing (and never throws) otherwise. */
  rollback(): Promise<void>;
  /** Starts `COPY ... TO STDOUT`; the stream ends when the last byte was read. */
  copyOut(statement: string): Promise<ReadableStream<Uint8Array>>;
  /** Starts `COPY ... FROM STDIN`; `close()` on the stream resolves when the server has taken everything. */
  copyIn(statement: string): Promise<WritableStream<Uint8Array>>;
  /** Calls `onNotify` for each NOTIFY on the channel until the returned function is called. */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>;
  /** Calls `onClosed` once when the session ends without `close()` having been called. */
  onLost(onClosed: () => void): void;
  /** Ends the session. An open transaction is rolled back by the server. Never throws. */
  close(): Promise<void>;
}

export type Isolation = 'read committed' | 'repeatable read';

/** Typed by a cast in the statement (`$1::bigint`). Arrays become array literals: `$1::bigint[]`. */
export type Parameter = string | number | boolean | null | readonly (string | number)[];

export interface StatementOutcome {
  /** Command tag without counts: `SELECT`, `INSERT`, `CREATE TABLE` (PGlite gives its first word only). */
  command: string;
  /** Null for a statement that returns no rows. */
  columns: string[] | null;
  /** Values as PostgreSQL prints them. */
  rows: (string | null)[][];
  /** Rows affected or returned as far as known. */
  rowCount: number;
  /** There were more than `rowsMax` rows. */
  truncated: boolean;
}

/** Opens a session on a database. */
export type Connect = () => Promise<Connection>;
