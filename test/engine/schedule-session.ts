/** A connection that dies where a schedule says so: the session ends in the middle of a round, as when its engine is killed. */
import type { Connection } from '../../src/engine/ports/connection.ts';

export interface Watch {
  /** Called before each call of the connection; to throw is to die. */
  before(call: 'begin' | 'commit' | 'rollback' | 'other'): Promise<void>;
}

export class Killed extends Error {}

/** All calls go through `watch`; after it has thrown, every call fails and the session is closed. */
export function watched(inner: Connection, watch: Watch): Connection {
  let dead = false;
  const pass = async <T>(call: Parameters<Watch['before']>[0], work: () => Promise<T>): Promise<T> => {
    if (dead) throw new Killed('the session is dead');
    try {
      await watch.before(call);
    } catch (error) {
      dead = true;
      await inner.close();
      throw error;
    }
    return work();
  };
  return {
    query: (statement, parameters) => pass('other', () => inner.query(statement, parameters)),
    script: (statements) => pass('other', () => inner.script(statements)),
    execute: (statement, rowsMax) => pass('other', () => inner.execute(statement, rowsMax)),
    begin: (isolation) => pass('begin', () => inner.begin(isolation)),
    commit: () => pass('commit', () => inner.commit()),
    // A dead engine rolls nothing back: the server does, when it sees that the session has ended.
    rollback: () => pass('rollback', () => inner.rollback()).catch(() => {}),
    copyOut: (statement) => pass('other', () => inner.copyOut(statement)),
    copyIn: (statement) => pass('other', () => inner.copyIn(statement)),
    listen: (channel, onNotify) => inner.listen(channel, onNotify),
    onLost: (onClosed) => inner.onLost(onClosed),
    close: () => inner.close(),
  };
}
