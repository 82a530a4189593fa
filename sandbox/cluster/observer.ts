import { CapraError, isConnectionLoss } from '../../src/engine/errors.ts';
import type { Connect, Connection } from '../../src/engine/ports/connection.ts';

const ANSWER_MS_MAX = 6_000;

/** Everything in here is printed alike on every node, and nobody's open transaction can hold it up for long. */
const SETTINGS = `
SET TRANSACTION READ ONLY;
SET LOCAL statement_timeout = '5s';
SET LOCAL lock_timeout = '2s';
SET LOCAL search_path = pg_catalog;
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 3;
SET LOCAL bytea_output = 'hex';
`;

/** Looks at one node: each look is one read-only snapshot. Opens its session when it is needed first, and again after a loss. */
export class Observer {
  readonly #node: string;
  readonly #connect: Connect;
  #connection: Promise<Connection> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(node: string, connect: Connect) {
    this.#node = node;
    this.#connect = connect;
  }

  /** Rejects where the node can't be read within some seconds. One look at a time. */
  look<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#look(work));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Forgets the session; the next look opens another. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.then((open) => open.close()).catch(() => {});
  }

  async #look<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new CapraError('no-answer', `Node ${this.#node} did not answer within ${ANSWER_MS_MAX / 1000} s.`),
        );
      }, ANSWER_MS_MAX);
    });
    try {
      return await Promise.race([this.#snapshot(work), late]);
    } catch (error) {
      if (isConnectionLoss(error) || (error instanceof CapraError && error.code === 'no-answer')) {
        void this.close();
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #snapshot<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    this.#connection ??= this.#connect();
    const opening = this.#connection;
    let connection: Connection;
    try {
      connection = await opening;
    } catch (error) {
      if (this.#connection === opening) this.#connection = null;
      throw error;
    }
    await connection.begin('repeatable read');
    try {
      await connection.script(SETTINGS);
      const answer = await work(connection);
      await connection.commit();
      return answer;
    } catch (error) {
      await connection.rollback();
      throw error;
    }
  }
}
