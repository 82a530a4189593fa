/** The Connection of postgres.js (porsager's driver): Node, and Deno through `npm:postgres`. */
import postgres from 'postgres';
import { CapraError, DatabaseError, fromDriver } from '../errors.ts';
import type { Connection, Isolation, Parameter, StatementOutcome } from './connection.ts';
import { copySink, copySource } from './node-streams.ts';
import { parameterText } from './parameter-text.ts';
import { openSocket } from './tcp-socket.ts';

export interface PostgresOptions {
  /** Name of the node, for error messages. */
  node: string;
  /** Seconds until a connection attempt is given up. @default 10 */
  connectSeconds?: number;
}

/** PostgreSQL's own text, both ways: the driver's types would turn numbers, dates and json into JavaScript's. */
const asText = Object.fromEntries(
  Object.entries({
    string: [25],
    number: [20, 21, 23, 26, 700, 701],
    json: [114, 3802],
    boolean: [16],
    date: [1082, 1114, 1184],
    bytea: [17],
  }).map(([name, oids]) => [
    name,
    { to: oids[0]!, from: oids, parse: (text: string) => text, serialize: (value: unknown) => String(value) },
  ]),
);

/**
 * How values look in COPY and in the answers must not depend on the settings of the server, the role or the
 * database: both ends of a copy have to agree, byte for byte.
 */
const pinnedSettings = {
  application_name: 'capra',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  lc_monetary: 'C',
  xmloption: 'content',
};

/**
 * Opens one session. The driver would reconnect by itself and go on in a new session, without the transaction
 * that was open in the old one; this adapter never lets it: after a loss every call fails.
 * @param url `postgresql://user:password@host:port/database`
 * @throws {DatabaseError} SQLSTATE 08001 where the server can't be reached, or the server's own refusal.
 */
export async function connectPostgres(url: string, options: PostgresOptions): Promise<Connection> {
  const { node, connectSeconds = 10 } = options;
  let state: 'connecting' | 'open' | 'lost' | 'closed' = 'connecting';
  const lostListeners: (() => void)[] = [];
  const notifyListeners = new Map<string, Set<(payload: string) => void>>();

  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    connect_timeout: connectSeconds,
    // The driver's types do not name this option; its README does ("Custom socket").
    ...({
      socket: (target: Parameters<typeof openSocket>[0]) => openSocket(target, connectSeconds * 1000),
    } as object),
    idle_timeout: 0,
    max_lifetime: null,
    keep_alive: 30,
    types: asText,
    connection: pinnedSettings,
    onnotice: () => {},
    onclose: () => {
      if (state !== 'open') return;
      state = 'lost';
      for (const listener of lostListeners.splice(0)) listener();
    },
  });

  const fail = (error: unknown, statement: string): DatabaseError => toDatabaseError(error, node, statement);
  const assertOpen = (statement: string) => {
    if (state === 'open' || state === 'connecting') return;
    throw new DatabaseError({
      message: `the connection to node ${node} is closed`,
      sqlstate: '08003',
      node,
      statement,
    });
  };
  const run = async <T>(statement: string, work: () => PromiseLike<T>): Promise<T> => {
    assertOpen(statement);
    try {
      const result = await work();
      assertOpen(statement);
      return result;
    } catch (error) {
      throw fail(error, statement);
    }
  };

  let inTransaction = false;
  const connection: Connection = {
    query: <Row>(statement: string, parameters: readonly Parameter[] = []) =>
      run(statement, async () => {
        const rows = await sql.unsafe(statement, parameters.map(parameterText), {
          prepare: parameters.length > 0,
        });
        return [...rows] as unknown as Row[];
      }),
    script: (statements) => run(statements, async () => void (await sql.unsafe(statements).simple())),
    execute: (statement, rowsMax) => run(statement, () => executeOne(sql, statement, rowsMax)),
    async begin(isolation: Isolation) {
      if (inTransaction)
        throw new CapraError('transaction-open', `a transaction is already open on node ${node}`);
      await connection.script(`begin isolation level ${isolation}`);
      inTransaction = true;
    },
    async commit() {
      inTransaction = false;
      await connection.script('commit');
    },
    async rollback() {
      if (!inTransaction) return;
      inTransaction = false;
      await connection.script('rollback').catch(() => {});
    },
    copyOut: (statement) =>
      run(statement, async () => {
        const stream = await sql.unsafe(statement).readable();
        return copySource(stream, (error) => fail(error, statement));
      }),
    copyIn: (statement) =>
      run(statement, async () => {
        const query = sql.unsafe(statement);
        let failed: (error: unknown) => void = () => {};
        // After the stream has ended the driver has nowhere to report an error but the query that it already resolved.
        const rejecting = query as unknown as { reject: (error: unknown) => void };
        const reject = rejecting.reject;
        rejecting.reject = (error) => {
          failed(error);
          reject(error);
        };
        const stream = await query.writable();
        return copySink(
          stream,
          (listener) => (failed = listener),
          (error) => fail(error, statement),
        );
      }),
    async listen(channel, onNotify) {
      const listeners = notifyListeners.get(channel) ?? new Set();
      notifyListeners.set(channel, listeners.add(onNotify));
      await run(`listen ${channel}`, () => sql.listen(channel, (payload) => onNotify(payload)));
      return async () => void listeners.delete(onNotify);
    },
    onLost: (listener) => void (state === 'lost' ? listener() : lostListeners.push(listener)),
    async close() {
      if (state === 'closed') return;
      state = 'closed';
      await sql.end({ timeout: 1 }).catch(() => {});
    },
  };

  try {
    await connection.query('select 1');
  } catch (error) {
    await connection.close();
    throw error;
  }
  state = 'open';
  return connection;
}

async function executeOne(sql: postgres.Sql, statement: string, rowsMax: number): Promise<StatementOutcome> {
  let rows: (string | null)[][] = [];
  let columns: string[] | null = null;
  let truncated = false;
  const query = sql
    .unsafe(statement, [], { simple: false, prepare: false } as postgres.UnsafeQueryOptions)
    .values();
  const result = await query.cursor(rowsMax + 1, (batch) => {
    const list = batch as unknown as (string | null)[][] & { columns?: { name: string }[] };
    rows = [...list];
    columns = list.columns?.map((column) => column.name) ?? columns;
    truncated = rows.length > rowsMax;
    return truncated ? sql.CLOSE : undefined;
  });
  const final = result as unknown as {
    command?: string;
    count?: number | null;
    columns?: { name: string }[];
  };
  const named = columns ?? final.columns?.map((column) => column.name) ?? [];
  return {
    command: final.command ?? 'SELECT',
    columns: named.length > 0 ? named : null,
    rows: rows.slice(0, rowsMax),
    rowCount: truncated ? rowsMax : (final.count ?? rows.length),
    truncated,
  };
}

const driverCodes: Record<string, string> = {
  CONNECTION_CLOSED: '08006',
  CONNECTION_DESTROYED: '08006',
  CONNECTION_ENDED: '08003',
  CONNECT_TIMEOUT: '08001',
  ECONNREFUSED: '08001',
  ECONNRESET: '08006',
  EPIPE: '08006',
  ENOTFOUND: '08001',
  ENOENT: '08001',
  EHOSTUNREACH: '08001',
  ETIMEDOUT: '08001',
};

function toDatabaseError(error: unknown, node: string, statement: string): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const { message, code = '' } = error as { message?: string; code?: string };
  const sqlstate = driverCodes[code] ?? (/^[0-9A-Z]{5}$/.test(code) ? code : 'XX000');
  return fromDriver(error, {
    node,
    statement,
    sqlstate,
    lost: sqlstate.startsWith('08') ? message || code : null,
  });
}
