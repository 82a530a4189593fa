import { assertSameShape, describeRelation, type RelationShape } from '../capture/describe-relation.ts';
import { assertUnchanged, fingerprints } from '../capture/fingerprint.ts';
import { installCapture } from '../capture/install.ts';
import { relationNames } from '../capture/relation-sql.ts';
import { CapraError } from '../errors.ts';
import type { Connection } from '../ports/connection.ts';
import { loadKnowledge } from '../round/knowledge-store.ts';
import type { RoundNode } from '../round/round-node.ts';
import type { NodeDefinition, SyncDefinition } from '../types.ts';

/** A reachable node: capture installed, its engine lock held, its kicks heard. */
export interface NodeSession {
  node: RoundNode;
  /** Sends NOTIFY on commit (idle) or not (busy). */
  setIdle(idle: boolean): Promise<void>;
  /** Has somebody written, or is somebody about to commit, what no fold has taken? */
  look(): Promise<'changes' | 'writers' | 'nothing'>;
  close(): Promise<void>;
}

export interface OpenRequest {
  definition: NodeDefinition;
  sync: SyncDefinition;
  onKick: () => void;
  onLost: () => void;
  /** The shapes found on a node that was opened before: this one must agree. */
  reference: { node: string; shapes: RelationShape[] } | null;
}

/** Advisory lock (class, object) that the engine of a database holds as long as it serves it. */
const ENGINE_LOCK = [0x63617072, 1] as const;

/**
 * Connects to a node, takes its engine lock and makes sure that capture is installed.
 * @throws {CapraError} `node-locked` where another engine serves the node, or what `describeRelation`,
 *   `assertSameShape` and `installCapture` throw; {DatabaseError} where the node can't be reached.
 */
export async function openNodeSession(request: OpenRequest): Promise<NodeSession> {
  const { definition, sync } = request;
  const connection = await definition.connect();
  const listener = { stop: async () => {} };
  let closing = false;
  connection.onLost(() => {
    if (!closing) request.onLost();
  });
  try {
    await takeEngineLock(connection, definition.name);
    const shapes: RelationShape[] = [];
    for (const name of sync.relations) shapes.push(await describeRelation(connection, definition.name, name));
    if (request.reference) {
      const { node, shapes: others } = request.reference;
      shapes.forEach((shape, index) => {
        assertSameShape(others[index]!, node, shape, definition.name);
      });
    }
    const ids = await installCapture(connection, {
      sync: sync.name,
      id: definition.id,
      name: definition.name,
      members: sync.nodes.map(({ id, name }) => ({ id, name })),
      relations: shapes,
    });
    const node: RoundNode = {
      id: definition.id,
      name: definition.name,
      connection,
      relations: shapes.map((shape, index) => ({
        id: ids[index]!,
        shape,
        names: relationNames(shape, ids[index]!),
        fingerprint: null,
        matrix: new Map(),
      })),
      replicaRole: await maySilenceAll(connection),
      flushWaitMsMax: await flushWaitMsMax(connection),
    };
    // A staging table may be left where a session outlives its engine (PGlite) and the table has changed since.
    for (const { names } of node.relations) await connection.script(`DROP TABLE IF EXISTS ${names.stage}`);
    const prints = await fingerprints(
      connection,
      node.relations.map(({ names }) => names.table),
    );
    node.relations.forEach((relation, index) => {
      relation.fingerprint = prints[index]!;
    });
    await loadKnowledge(node);
    listener.stop = await connection.listen('capra_kick', request.onKick);
    return {
      node,
      setIdle: (idle) =>
        connection.script(`UPDATE capra.engine_state SET idle = ${idle} WHERE idle <> ${idle}`),
      look: () => look(node),
      async close() {
        closing = true;
        await listener.stop().catch(() => {});
        await connection.close();
      },
    };
  } catch (error) {
    closing = true;
    await connection.query('SELECT pg_advisory_unlock($1::int, $2::int)', ENGINE_LOCK).catch(() => {});
    await connection.close();
    throw error;
  }
}

async function takeEngineLock(connection: Connection, node: string): Promise<void> {
  const [row] = await connection.query<{ taken: string }>(
    'SELECT pg_try_advisory_lock($1::int, $2::int) AS taken',
    ENGINE_LOCK,
  );
  if (row!.taken !== 't') {
    throw new CapraError(
      'node-locked',
      `Another Capra engine serves node ${node}. Stop it there first; if it was killed, PostgreSQL lets go of the lock within seconds.`,
    );
  }
}

async function maySilenceAll(connection: Connection): Promise<boolean> {
  try {
    await connection.script('SET session_replication_role = origin');
    return true;
  } catch {
    return false;
  }
}

async function flushWaitMsMax(connection: Connection): Promise<number> {
  const [row] = await connection.query<{ ms: string }>(
    `SELECT 3 * setting::int AS ms FROM pg_catalog.pg_settings WHERE name = 'wal_writer_delay'
       AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE backend_type = 'walwriter')`,
  );
  return Number(row?.ms ?? 0);
}

/**
 * "writers" are sessions with a row-exclusive lock on a delta table: they have captured something and not yet
 * committed, and may have seen the engine busy, so that they will not send a kick.
 * @throws {CapraError} `shape-changed`
 */
async function look(node: RoundNode): Promise<'changes' | 'writers' | 'nothing'> {
  await assertUnchanged(node);
  const deltas = node.relations.map(({ names }) => names.delta);
  const [row] = await node.connection.query<{ changes: string; writers: string }>(
    `SELECT (${deltas.map((delta) => `EXISTS (SELECT FROM ${delta})`).join(' OR ')}) AS changes,
            EXISTS (SELECT FROM pg_catalog.pg_locks l
                    WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted
                      AND l.pid <> pg_catalog.pg_backend_pid()
                      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
                      AND l.relation = ANY ($1::regclass[])) AS writers`,
    [deltas],
  );
  if (row!.changes === 't') return 'changes';
  return row!.writers === 't' ? 'writers' : 'nothing';
}
