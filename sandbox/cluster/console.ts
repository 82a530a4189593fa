import { isConnectionLoss } from '../../src/engine/errors.ts';
import type { Connect, Connection } from '../../src/engine/ports/connection.ts';
import { ROWS_MAX, SCRIPT_CHARACTERS_MAX, type StatementResult } from '../protocol.ts';
import { type ScriptStatement, splitStatements } from './split-statements.ts';
import { errorResult, refusalResult, successResult } from './statement-result.ts';
import { isolationOf, transactionWord } from './transaction-words.ts';

export interface ConsoleOptions {
  node: string;
  connect: Connect;
  /** All sessions of this node are one (PGlite): nothing may stay open or set at the end of a script. */
  shared: boolean;
  /** Bounds the session; the speaker's alone, as the attendee's role has its own and tighter ones. */
  setup: string;
}

/** The SQL console of one visitor on one node: one database session, opened when it is needed first. */
export class Console {
  readonly #options: ConsoleOptions;
  #connection: Promise<Connection> | null = null;
  #inTransaction = false;
  #lostTransaction = false;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: ConsoleOptions) {
    this.#options = options;
  }

  /** Runs a script statement by statement until the first error. One script at a time. */
  run(script: string): Promise<StatementResult[]> {
    const result = this.#last.then(() => this.#run(script));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Ends the session; what was open in it is rolled back. */
  async close(): Promise<void> {
    this.#closed = true;
    const connection = this.#connection;
    this.#drop();
    await connection?.then((open) => open.close()).catch(() => {});
  }

  async #run(script: string): Promise<StatementResult[]> {
    if (script.length > SCRIPT_CHARACTERS_MAX) {
      const size = `${script.length.toLocaleString('en')} characters`;
      const limit = SCRIPT_CHARACTERS_MAX.toLocaleString('en');
      const message = `This script has ${size}; the console takes ${limit}. Run it in parts, or with psql.`;
      return [refusalResult({ text: script.slice(0, 200), from: 0, meta: false }, message)];
    }
    const results: StatementResult[] = [];
    let opened: ScriptStatement | null = null;
    for (const statement of splitStatements(script)) {
      const result = await this.#runStatement(statement);
      results.push(result);
      if (result.kind === 'error') break;
      if (transactionWord(statement.text) === 'begin') opened = statement;
    }
    if (this.#options.shared) await this.#leaveNothing(results, opened);
    else if (this.#inTransaction) results.push(stillOpen);
    return results;
  }

  async #runStatement(statement: ScriptStatement): Promise<StatementResult> {
    const refusal = statement.meta ? metaRefusal(statement.text) : copyRefusal(statement.text);
    if (refusal) return refusalResult(statement, refusal);
    try {
      const connection = await this.#open();
      if (this.#lostTransaction) {
        this.#lostTransaction = false;
        return refusalResult(
          statement,
          `The session on node ${this.#options.node} was ended with a transaction open in it, which was rolled back (a transaction may wait 60 s for its next statement, and none outlives its node). Begin it again.`,
        );
      }
      const word = transactionWord(statement.text);
      const started = performance.now();
      const outcome =
        this.#options.shared && word !== 'none'
          ? await this.#controlShared(connection, statement.text)
          : await connection.execute(statement.text, ROWS_MAX);
      if (word !== 'none') this.#inTransaction = word === 'begin';
      return successResult(statement, outcome, performance.now() - started);
    } catch (error) {
      if (isConnectionLoss(error)) this.#onLost();
      return errorResult(statement, error);
    }
  }

  /** In a shared session BEGIN has to keep the engine out until COMMIT, and only the port can do that. */
  async #controlShared(connection: Connection, text: string) {
    const word = transactionWord(text);
    if (word === 'begin') await connection.begin(isolationOf(text));
    else if (word === 'commit') await connection.commit();
    else await connection.rollback();
    const command = word.toUpperCase();
    return { command, columns: null, rows: [], rowCount: 0, truncated: false };
  }

  /** The engine uses this very session: it must find it as it left it. */
  async #leaveNothing(results: StatementResult[], opened: ScriptStatement | null): Promise<void> {
    const connection = await this.#connection?.catch(() => null);
    if (!connection) return;
    if (this.#inTransaction) {
      await connection.rollback();
      this.#inTransaction = false;
      const failed = results.at(-1)?.kind === 'error';
      if (opened && !failed) {
        results.push(
          refusalResult(
            opened,
            'The transaction was still open at the end of the script and was rolled back: in the browser a node has one session, which the engine needs too. Run BEGIN, the statements and COMMIT together.',
          ),
        );
      }
    }
    await connection.script('RESET SESSION AUTHORIZATION; RESET ALL').catch(() => {});
  }

  async #open(): Promise<Connection> {
    if (this.#closed) throw new Error('This console is closed. Reload the page.');
    this.#connection ??= this.#connect();
    try {
      return await this.#connection;
    } catch (error) {
      this.#connection = null;
      throw error;
    }
  }

  async #connect(): Promise<Connection> {
    const connection = await this.#options.connect();
    connection.onLost(() => this.#onLost());
    if (this.#options.setup) await connection.script(this.#options.setup);
    return connection;
  }

  #onLost(): void {
    if (!this.#connection) return;
    const connection = this.#connection;
    this.#lostTransaction = this.#inTransaction;
    this.#drop();
    void connection.then((open) => open.close()).catch(() => {});
  }

  #drop(): void {
    this.#connection = null;
    this.#inTransaction = false;
  }
}

const stillOpen: StatementResult = {
  kind: 'command',
  statement: '',
  command: 'Transaction open: COMMIT or ROLLBACK it. After 60 s without a statement it is rolled back.',
  rowCount: 0,
  ms: 0,
};

function metaRefusal(line: string): string {
  const word = line.split(/\s/)[0];
  return `${word} is a command of psql, not SQL. Ask the catalogs instead, for example SELECT * FROM information_schema.columns WHERE table_name = 'goat', or connect with psql.`;
}

function copyRefusal(text: string): string | null {
  if (!/^copy\b/i.test(text)) return null;
  if (/\bfrom\s+stdin\b/i.test(text))
    return 'COPY ... FROM STDIN needs a stream of rows, which this console can not send. Use INSERT ... VALUES, or psql.';
  if (/\bto\s+stdout\b/i.test(text))
    return 'COPY ... TO STDOUT sends a stream, which this console can not show. Use SELECT, or psql.';
  return null;
}
