import { CapraError } from '../errors.ts';
import type { Connection } from '../ports/connection.ts';
import type { RoundNode } from '../round/round-node.ts';
import { relationLabel } from '../sql.ts';

/**
 * What replication relies on, one text a relation: columns, types, key and the state of the capture triggers. The
 * engine compares it in every round: a column that was added on one node only would lose its values, and a table
 * whose triggers are switched off its changes, without a word.
 */
export async function fingerprints(
  connection: Connection,
  tables: readonly string[],
): Promise<(string | null)[]> {
  const rows = await connection.query<{ print: string | null }>(
    `SELECT c.oid || ':' || (
              SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attgenerated), ',' ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            ) || ':' || coalesce((
              SELECT i.indkey::text FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary
            ), 'no key') || ':' || coalesce((
              SELECT pg_catalog.string_agg(t.tgname || t.tgenabled::text, ',' ORDER BY t.tgname)
              FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname LIKE 'capra\\_%'
            ), 'no triggers') AS print
     FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY AS wanted (name, n)
     LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(wanted.name)
     ORDER BY wanted.n`,
    [tables],
  );
  return rows.map((row) => row.print);
}

/** @throws {CapraError} `shape-changed`, naming the table. The node has to be opened again, which looks at what changed. */
export async function assertUnchanged(node: RoundNode): Promise<void> {
  const now = await fingerprints(
    node.connection,
    node.relations.map(({ names }) => names.table),
  );
  for (const [index, relation] of node.relations.entries()) {
    if (now[index] === relation.fingerprint) continue;
    throw new ShapeChanged(
      node.name,
      `Table ${relationLabel(relation.shape.name)} on node ${node.name} ${now[index] === null ? 'was dropped' : 'has been altered'}.`,
    );
  }
}

export class ShapeChanged extends CapraError {
  readonly node: string;
  constructor(node: string, message: string) {
    super('shape-changed', message);
    this.node = node;
  }
}
