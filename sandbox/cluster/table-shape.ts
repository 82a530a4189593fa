import type { Connection } from '../../src/engine/ports/connection.ts';
import { quoteIdentifier } from '../../src/engine/sql.ts';
import type { RelationName } from '../../src/engine/types.ts';

/** A replicated table as a page shows it: columns in the order of the table, key columns in the order of the key. */
export interface TableShape extends RelationName {
  columns: string[];
  key: { name: string; numeric: boolean }[];
}

/** Null where the table is not there or has no primary key. */
export async function tableShape(
  connection: Connection,
  { schema, table }: RelationName,
): Promise<TableShape | null> {
  const rows = await connection.query<{ name: string; position: string | null; category: string }>(
    `SELECT a.attname AS name, t.typcategory AS category, array_position(i.indkey::smallint[], a.attnum) AS position
     FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN pg_type t ON t.oid = a.atttypid
     LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
     WHERE n.nspname = $1::text AND c.relname = $2::text
     ORDER BY a.attnum`,
    [schema, table],
  );
  const inKey = rows
    .filter((row) => row.position !== null)
    .sort((a, b) => Number(a.position) - Number(b.position));
  if (inKey.length === 0) return null;
  return {
    schema,
    table,
    columns: rows.map((row) => row.name),
    key: inKey.map((row) => ({ name: row.name, numeric: row.category === 'N' })),
  };
}

/** The same order on every node and in `compareKeys`, whatever collation a database has. */
export function keyOrder(shape: TableShape, alias = 't'): string {
  return shape.key
    .map(({ name, numeric }) => {
      const column = `${alias}.${quoteIdentifier(name)}`;
      return numeric ? `${column}::numeric` : `${column}::text COLLATE "C"`;
    })
    .join(', ');
}
