import { CapraError } from '../errors.ts';
import type { Connection } from '../ports/connection.ts';
import { quoteRelation, relationLabel } from '../sql.ts';
import type { NodeId, RelationName } from '../types.ts';
import { keyDefinition, type RelationShape } from './describe-relation.ts';
import {
  captureExistingSql,
  captureFunctionSql,
  captureTriggersSql,
  relationTablesSql,
} from './relation-sql.ts';
import { LAYOUT, schemaSql } from './schema-sql.ts';

export interface InstallRequest {
  sync: string;
  id: NodeId;
  name: string;
  members: { id: NodeId; name: string }[];
  relations: RelationShape[];
}

/**
 * Brings a node to the state in which every change of the relations is captured. Changes nothing that is there
 * already, and nothing at all where it throws. Must run while the node's engine lock is held.
 * @returns the number of each relation on this node, in the order of the request.
 * @throws {CapraError} `other-node`, `copied-node`, `members-changed`, `key-changed`, `newer-layout`
 */
export async function installCapture(connection: Connection, request: InstallRequest): Promise<number[]> {
  await connection.begin('read committed');
  try {
    await connection.script(schemaSql);
    await claimNode(connection, request);
    await claimMembers(connection, request);
    const [{ role }] = (await connection.query<{ role: string }>('SELECT session_user AS role')) as [
      { role: string },
    ];
    const ids: number[] = [];
    for (const shape of request.relations)
      ids.push(await installRelation(connection, request.name, shape, role));
    await connection.commit();
    return ids;
  } catch (error) {
    await connection.rollback();
    throw error;
  }
}

/** Changes when a data directory is initialised anew or a database is created from another one. */
const systemIdentifierSql = `(SELECT s.system_identifier::text FROM pg_catalog.pg_control_system() s)
  || '/' || (SELECT d.oid::text FROM pg_catalog.pg_database d WHERE d.datname = current_database())`;

async function claimNode(connection: Connection, request: InstallRequest): Promise<void> {
  const { id, name, sync } = request;
  await connection.query(
    `INSERT INTO capra.node (layout, sync, id, name, system_identifier)
     VALUES ($1::int, $2::text, $3::int, $4::text, ${systemIdentifierSql}) ON CONFLICT DO NOTHING`,
    [LAYOUT, sync, id, name],
  );
  const [node] = await connection.query<Record<'layout' | 'sync' | 'id' | 'name' | 'same', string>>(
    `SELECT layout, sync, id, name, system_identifier = ${systemIdentifierSql} AS same FROM capra.node`,
  );
  if (!node)
    throw new CapraError(
      'other-node',
      `capra.node on node ${name} is empty. Drop the schema capra and start again.`,
    );
  if (Number(node.layout) > LAYOUT) {
    throw new CapraError('newer-layout', `Node ${name} was set up by a newer Capra. Upgrade this one.`);
  }
  if (node.sync !== sync || Number(node.id) !== id) {
    throw new CapraError(
      'other-node',
      `This database is already node ${node.name} (${node.id}) of sync ${node.sync} and can not be node ${name} (${id}) of sync ${sync}. Point node ${name} at another database, or drop the schema capra there to let it join anew.`,
    );
  }
  if (node.same !== 't') {
    throw new CapraError(
      'copied-node',
      `The database of node ${name} is a copy or a restored backup of the one that joined: it would use counters a second time. Drop the schema capra there to let it join anew.`,
    );
  }
}

async function claimMembers(connection: Connection, request: InstallRequest): Promise<void> {
  const known = await connection.query<{ id: string; name: string }>(
    'SELECT id, name FROM capra.member ORDER BY id',
  );
  const wanted = [...request.members].sort((a, b) => a.id - b.id);
  if (known.length === 0) {
    for (const member of wanted) {
      await connection.query('INSERT INTO capra.member (id, name) VALUES ($1::int, $2::text)', [
        member.id,
        member.name,
      ]);
    }
    return;
  }
  const list = (members: { id: string | number; name: string }[]) =>
    members.map((m) => `${m.name} (${m.id})`).join(', ');
  if (list(known) !== list(wanted)) {
    throw new CapraError(
      'members-changed',
      `Node ${request.name} was set up for the nodes ${list(known)}, not for ${list(wanted)}. Start with the same nodes, or drop the schema capra on all of them to begin anew.`,
    );
  }
}

async function installRelation(
  connection: Connection,
  node: string,
  shape: RelationShape,
  role: string,
): Promise<number> {
  const { schema, table } = shape.name;
  const definition = keyDefinition(shape);
  const [known] = await connection.query<{ id: string; key_definition: string }>(
    'SELECT id, key_definition FROM capra.relation WHERE schema_name = $1::text AND table_name = $2::text',
    [schema, table],
  );
  if (known && known.key_definition !== definition) {
    throw new CapraError(
      'key-changed',
      `The primary key of ${relationLabel(shape.name)} on node ${node} is (${definition}) but was (${known.key_definition}) when it joined. Change it back, or drop the schema capra on all nodes to begin anew.`,
    );
  }
  let id = known ? Number(known.id) : 0;
  if (!known) {
    const [made] = await connection.query<{ id: string }>(
      'INSERT INTO capra.relation (schema_name, table_name, key_definition) VALUES ($1::text, $2::text, $3::text) RETURNING id',
      [schema, table, definition],
    );
    id = Number(made!.id);
    await connection.script(relationTablesSql(shape, id));
  }
  await connection.script(captureFunctionSql(shape, id, role));
  if (!(await triggersAreThere(connection, shape.name, id))) {
    // Whatever was written without capture is captured now, under the lock that CREATE TRIGGER takes.
    await connection.script(
      dropTriggersSql(shape.name) + captureTriggersSql(shape, id) + captureExistingSql(shape, id),
    );
  }
  return id;
}

const triggerNames = ['capra_insert', 'capra_update', 'capra_delete', 'capra_truncate'];

function dropTriggersSql(name: RelationName): string {
  return triggerNames
    .map((trigger) => `DROP TRIGGER IF EXISTS ${trigger} ON ${quoteRelation(name)};\n`)
    .join('');
}

async function triggersAreThere(connection: Connection, name: RelationName, id: number): Promise<boolean> {
  const [row] = await connection.query<{ n: string }>(
    `SELECT count(*) AS n FROM pg_catalog.pg_trigger t
     WHERE t.tgrelid = $1::regclass AND t.tgname = ANY ($2::text[]) AND t.tgenabled = 'O'
       AND t.tgfoid = $3::regproc`,
    [quoteRelation(name), triggerNames, `capra.capture_${id}`],
  );
  return Number(row?.n) === triggerNames.length;
}

/** Removes every trace of Capra from a node. The user's tables keep their rows. */
export async function removeCapture(connection: Connection): Promise<void> {
  await connection.script('DROP SCHEMA IF EXISTS capra CASCADE');
}
