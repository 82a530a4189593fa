import type { Connection } from '../../src/engine/ports/connection.ts';

/** Tables, views and their columns, as an editor completes them: without the schema where it is `public`. */
export async function readCompletions(connection: Connection): Promise<Record<string, string[]>> {
  const rows = await connection.query<{ schema: string; name: string; columns: string }>(
    `SELECT n.nspname AS schema, c.relname AS name, to_json(array_agg(a.attname ORDER BY a.attnum))::text AS columns
     FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
       AND (n.nspname <> 'capra' OR c.relname = 'conflict')
     GROUP BY n.nspname, c.relname ORDER BY n.nspname = 'capra', n.nspname, c.relname
     LIMIT 500`,
  );
  return Object.fromEntries(
    rows.map(({ schema, name, columns }) => [
      schema === 'public' ? name : `${schema}.${name}`,
      JSON.parse(columns) as string[],
    ]),
  );
}
