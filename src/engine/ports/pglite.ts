/**
 * The Connection of PGlite: PostgreSQL compiled to WebAssembly, in a browser or in Node. It has one backend, so
 * all connections of one PGlite share a session: a transaction of one makes the others wait.
 */
import type { PGlite, QueryOptions, Results, Transaction } from '@electric-sql/pglite';
import { CapraError, DatabaseError, fromDriver } from '../errors.ts';
import type { Connection, Parameter, StatementOutcome } from './connection.ts';
import { parameterText } from './parameter-text.ts';

const identity = (value: unknown) => value as string;

/** PostgreSQL's own text both ways: overrides each parser and serializer that this PGlite has. */
function textOnly(database: PGlite): QueryOptions {
  const override = (handlers: object) =>
    Object.fromEntries(Object.keys(handlers).map((oid) => [oid, identity]));
  return { parsers: override(database.parsers), serializers: override(database.serializers) };
}

const CHUNK_BYTES = 1 << 20;

/** Opens a connection on a PGlite that somebody else has started and will close. */
export async function connectPglite(database: PGlite, options: { node: string }): Promise<Connection> {
  const { node } = options;
  const textOptions = textOnly(database);
  let transaction: OpenTransaction | null = null;
  let closed = false;
  const lostListeners: (() => void)[] = [];
  const cleanups: (() => void | Promise<void>)[] = [];

  const run = async <T>(
    statement: string,
    work: (target: PGlite | Transaction) => Promise<T>,
  ): Promise<T> => {
    if (closed)
      throw new DatabaseError({
        message: `the connection to node ${node} is closed`,
        sqlstate: '08003',
        node,
        statement,
      });
    try {
      return await work(transaction?.handle ?? database);
    } catch (error) {
      const lost = database.closed;
      if (lost) for (const listener of lostListeners.splice(0)) listener();
      throw toDatabaseError(error, node, statement, lost);
    }
  };

  const connection: Connection = {
    query: <Row>(statement: string, parameters: readonly Parameter[] = []) =>
      run(statement, async (target) => {
        const result = await target.query<Row>(statement, parameters.map(parameterText), textOptions);
        return result.rows;
      }),
    script: (statements) => run(statements, async (target) => void (await target.exec(statements))),
    execute: (statement, rowsMax) =>
      run(statement, async (target) => {
        const result = await target.query(statement, [], { ...textOptions, rowMode: 'array' });
        const outcome = toOutcome(result as Results<(string | null)[]>, rowsMax);
        // Everybody shares this session: what stays open here would stop the engine as well.
        if (!transaction && database.isInTransaction()) {
          await database.exec('rollback');
          throw new CapraError(
            'shared-session',
            'A transaction can not stay open here, because all nodes in the browser have one session each. Put BEGIN, the statements and COMMIT into one DO block.',
          );
        }
        return outcome;
      }),
    async begin(isolation) {
      if (transaction)
        throw new CapraError('transaction-open', `a transaction is already open on node ${node}`);
      transaction = await run('begin', () => openTransaction(database));
      await connection.script(`set transaction isolation level ${isolation}`);
    },
    async commit() {
      const open = transaction;
      transaction = null;
      await run('commit', async () => open?.finish('commit'));
    },
    async rollback() {
      const open = transaction;
      transaction = null;
      await open?.finish('rollback').catch(() => {});
    },
    copyOut: (statement) =>
      run(statement, async (target) => {
        const result = await target.query(statement.replace(/TO STDOUT$/, "TO '/dev/blob'"));
        return (result.blob ?? new Blob()).stream() as ReadableStream<Uint8Array>;
      }),
    async copyIn(statement) {
      const parts: BlobPart[] = [];
      return new WritableStream<Uint8Array>(
        {
          // The chunk's memory belongs to the writer again after this call.
          write: (chunk) => void parts.push(chunk.slice()),
          close: () =>
            run(statement, async (target) => {
              const blob = new Blob(parts);
              await target.query(statement.replace(/FROM STDIN$/, "FROM '/dev/blob'"), [], { blob });
            }),
        },
        new ByteLengthQueuingStrategy({ highWaterMark: CHUNK_BYTES }),
      );
    },
    async listen(channel, onNotify) {
      const unlisten = await run(`listen ${channel}`, () => database.listen(channel, onNotify));
      const stop = async () => {
        if (!database.closed) await unlisten();
      };
      cleanups.push(stop);
      return stop;
    },
    onLost: (listener) => void lostListeners.push(listener),
    async close() {
      if (closed) return;
      await connection.rollback();
      closed = true;
      for (const cleanup of cleanups) await Promise.resolve(cleanup()).catch(() => {});
    },
  };
  await connection.query('select 1');
  return connection;
}

interface OpenTransaction {
  handle: Transaction;
  finish(how: 'commit' | 'rollback'): Promise<void>;
}

/** PGlite's transactions are callbacks; this keeps one open until `finish`. */
function openTransaction(database: PGlite): Promise<OpenTransaction> {
  return new Promise((resolve, reject) => {
    let end: (how: 'commit' | 'rollback') => void;
    const ended = new Promise<'commit' | 'rollback'>((done) => (end = done));
    const whole = database.transaction(async (handle) => {
      resolve({
        handle,
        finish(how) {
          end(how);
          return whole;
        },
      });
      if ((await ended) === 'rollback') await handle.rollback();
    });
    whole.catch(reject);
  });
}

function toOutcome(result: Results<(string | null)[]>, rowsMax: number): StatementOutcome {
  const rows = result.rows as unknown as (string | null)[][];
  const columns = result.fields.map((field) => field.name);
  return {
    command: (result.command ?? '').replace(/[ 0-9]+$/, '') || (columns.length > 0 ? 'SELECT' : 'OK'),
    columns: columns.length > 0 ? columns : null,
    rows: rows.slice(0, rowsMax),
    rowCount: columns.length > 0 ? rows.length : (result.affectedRows ?? 0),
    truncated: rows.length > rowsMax,
  };
}

function toDatabaseError(error: unknown, node: string, statement: string, lost: boolean): Error {
  if (error instanceof CapraError) return error;
  const sqlstate = lost ? '08006' : ((error as { code?: string }).code ?? 'XX000');
  return fromDriver(error, { node, statement, sqlstate, lost: lost ? 'it was stopped' : null });
}
