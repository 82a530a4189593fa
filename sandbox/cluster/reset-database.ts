import { DatabaseError, isConnectionLoss } from '../../src/engine/errors.ts';
import type { Connection } from '../../src/engine/ports/connection.ts';
import { quoteIdentifier } from '../../src/engine/sql.ts';
import type { DatabaseNode } from '../nodes/node-provider.ts';
import { databaseStatements } from '../nodes/roles.ts';

const TRIES_MAX = 10;

/**
 * Empties a node: everything that people and the engine made in its database. Whoever holds a lock is disconnected.
 * A provider that can put the first data directory back does that instead.
 */
export async function resetDatabase(node: DatabaseNode): Promise<void> {
  if (node.restore) return node.restore();
  const connection = await node.connect();
  try {
    for (let attempt = 1; ; attempt++) {
      await endOtherSessions(connection);
      try {
        return await emptyDatabase(connection);
      } catch (error) {
        // Clients connect again by themselves, and may be quicker than the DROPs: lock timeout or deadlock.
        const again = error instanceof DatabaseError && ['55P03', '40P01'].includes(error.sqlstate);
        if (!again || attempt === TRIES_MAX) throw error;
      }
    }
  } finally {
    await connection.close();
  }
}

/** Ends every session but this one. The engine's are among them; it takes that as a loss. */
export async function endOtherSessions(connection: Connection): Promise<void> {
  await connection.query(
    `SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND datname = current_database()`,
  );
}

async function emptyDatabase(connection: Connection): Promise<void> {
  await connection.begin('read committed');
  try {
    await connection.script(`SET LOCAL lock_timeout = '1s'`);
    const schemas = await connection.query<{ name: string }>(
      `SELECT nspname AS name FROM pg_namespace
       WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND nspname !~ '^pg_(toast_)?temp_'`,
    );
    // Publications, foreign servers and whatever else lives outside of schemas.
    const drops = [
      ...schemas.map(({ name }) => `DROP SCHEMA ${quoteIdentifier(name)} CASCADE`),
      'DROP OWNED BY speaker CASCADE',
      'CREATE SCHEMA public',
    ];
    await connection.script([...drops, ...databaseStatements].join(';\n'));
    await connection.script('ALTER ROLE speaker RESET ALL');
    const [database] = await connection.query<{ name: string }>('SELECT current_database() AS name');
    await connection.script(`ALTER DATABASE ${quoteIdentifier(database!.name)} RESET ALL`);
    await connection.commit();
  } catch (error) {
    if (!isConnectionLoss(error)) await connection.rollback();
    throw error;
  }
}
