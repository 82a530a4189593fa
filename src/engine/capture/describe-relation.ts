import { CapraError } from '../errors.ts';
import type { Connection } from '../ports/connection.ts';
import { quoteIdentifier, quoteLiteral, quoteRelation, relationLabel } from '../sql.ts';
import type { RelationName } from '../types.ts';

/** What the engine has to know of a table. Columns are in the order of the table; generated ones are left out. */
export interface RelationShape {
  name: RelationName;
  /** In the order of the primary key. */
  key: ColumnShape[];
  /** The columns that are not in the key. */
  rest: ColumnShape[];
}

export interface ColumnShape {
  name: string;
  /** SQL type with modifier, schema-qualified where needed: `numeric(10,2)`, `public.mood`. */
  type: string;
  /** ` COLLATE ...` where the column has another collation than its type, else empty. */
  collate: string;
}

/**
 * @throws {CapraError} `no-such-table`, `not-a-table`, `partitioned`, `no-primary-key`, each with the remedy.
 */
export async function describeRelation(
  connection: Connection,
  node: string,
  name: RelationName,
): Promise<RelationShape> {
  const label = relationLabel(name);
  const [found] = await connection.query<{ oid: string; relkind: string }>(
    `SELECT c.oid, c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1::text AND c.relname = $2::text`,
    [name.schema, name.table],
  );
  if (!found) {
    throw new CapraError(
      'no-such-table',
      `Table ${label} does not exist on node ${node}. Create it there first.`,
    );
  }
  if (found.relkind === 'p') {
    throw new CapraError(
      'partitioned',
      `Table ${label} on node ${node} is partitioned, which is not supported yet. Name its partitions in the sync instead.`,
    );
  }
  if (found.relkind !== 'r') {
    throw new CapraError(
      'not-a-table',
      `${label} on node ${node} is not an ordinary table and can not be replicated.`,
    );
  }
  const columns = await connection.query<{
    name: string;
    type: string;
    collation_schema: string | null;
    collation_name: string | null;
    key_position: string | null;
    generated: string;
  }>(
    `SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attgenerated AS generated,
            cn.nspname AS collation_schema, co.collname AS collation_name,
            pg_catalog.array_position(i.indkey::smallint[], a.attnum) AS key_position
     FROM pg_catalog.pg_attribute a
     JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
     LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
     LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
     WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attnum`,
    [found.oid],
  );
  const shapes = columns.map((column) => ({
    name: column.name,
    type: column.type,
    collate: column.collation_name
      ? ` COLLATE ${quoteIdentifier(column.collation_schema ?? 'pg_catalog')}.${quoteIdentifier(column.collation_name)}`
      : '',
    position: column.key_position === null ? null : Number(column.key_position),
    generated: column.generated !== '',
  }));
  const inKey = shapes.filter((column) => column.position !== null).sort((a, b) => a.position! - b.position!);
  if (inKey.length === 0) {
    throw new CapraError(
      'no-primary-key',
      `Table ${label} on node ${node} has no primary key, so its rows can not be told apart. Add one: ALTER TABLE ${quoteRelation(name)} ADD PRIMARY KEY (...).`,
    );
  }
  const shape = ({ name, type, collate }: ColumnShape): ColumnShape => ({ name, type, collate });
  return {
    name,
    key: inKey.map(shape),
    rest: shapes.filter((column) => column.position === null && !column.generated).map(shape),
  };
}

/**
 * Two nodes must agree on names and types, in any order.
 * @throws {CapraError} `shape-differs`, naming the first difference.
 */
export function assertSameShape(
  first: RelationShape,
  firstNode: string,
  other: RelationShape,
  node: string,
): void {
  const label = relationLabel(first.name);
  const remedy = 'Make the tables alike on both nodes, then start again.';
  const keys = (shape: RelationShape) => shape.key.map((column) => column.name).join(', ');
  if (keys(first) !== keys(other)) {
    throw new CapraError(
      'shape-differs',
      `The primary key of ${label} is (${keys(first)}) on node ${firstNode} and (${keys(other)}) on node ${node}. ${remedy}`,
    );
  }
  const types = (shape: RelationShape) =>
    new Map([...shape.key, ...shape.rest].map((column) => [column.name, column.type]));
  const [left, right] = [types(first), types(other)];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(name), right.get(name)];
    if (a === b) continue;
    const has = (type: string | undefined) => (type ? `type ${type}` : 'no such column');
    throw new CapraError(
      'shape-differs',
      `Column ${quoteIdentifier(name)} of ${label} has ${has(a)} on node ${firstNode} and ${has(b)} on node ${node}. ${remedy}`,
    );
  }
}

/** Tells whether the delta and version tables still fit the key. */
export function keyDefinition(shape: RelationShape): string {
  return shape.key.map((column) => `${quoteLiteral(column.name)} ${column.type}${column.collate}`).join(', ');
}
