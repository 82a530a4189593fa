import type { Connection } from '../../src/engine/ports/connection.ts';
import { quoteRelation } from '../../src/engine/sql.ts';
import type { DatabaseNode } from '../nodes/node-provider.ts';
import type { Scenario } from '../scenarios/scenario.ts';

/**
 * Makes the scenario's tables on a node where they are missing, and its rows where `first` says that this node is the
 * one they start on. Data that was kept from an earlier run stays as it is.
 */
export async function prepareNode(node: DatabaseNode, scenario: Scenario, first: boolean): Promise<void> {
  const connection = await node.connectAsSpeaker();
  try {
    if (!(await tablesAreThere(connection, scenario))) await connection.script(scenario.schemaSql);
    else if (!first || (await wasUsed(connection))) return;
    if (first && !(await hasRows(connection, scenario))) await connection.script(scenario.dataSql);
  } finally {
    await connection.close();
  }
}

async function tablesAreThere(connection: Connection, scenario: Scenario): Promise<boolean> {
  const [row] = await connection.query<{ there: string }>(
    'SELECT bool_and(to_regclass(name) IS NOT NULL) AS there FROM unnest($1::text[]) AS name',
    [scenario.relations.map(quoteRelation)],
  );
  return row!.there === 't';
}

/** An engine has worked here before: empty tables are empty because somebody emptied them. */
async function wasUsed(connection: Connection): Promise<boolean> {
  const [row] = await connection.query<{ used: string }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'capra') AS used`,
  );
  return row!.used === 't';
}

async function hasRows(connection: Connection, scenario: Scenario): Promise<boolean> {
  const tables = scenario.relations.map((relation) => `EXISTS (SELECT FROM ${quoteRelation(relation)})`);
  const [row] = await connection.query<{ any: string }>(`SELECT ${tables.join(' OR ')} AS any`);
  return row!.any === 't';
}
