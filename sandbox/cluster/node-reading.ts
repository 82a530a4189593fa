import type { Connection } from '../../src/engine/ports/connection.ts';
import { quoteIdentifier, quoteRelation } from '../../src/engine/sql.ts';
import type { RelationName } from '../../src/engine/types.ts';
import { type FoundConflict, readConflicts } from './conflicts.ts';
import { tableShape } from './table-shape.ts';

/** What one snapshot of a node says about its part in the sync. */
export interface NodeReading {
  node: string;
  /** In the order of the relations that were asked for. */
  tables: TableReading[];
  conflicts: FoundConflict[];
}

export interface TableReading extends RelationName {
  rows: number;
  /** Equal if and only if (but for collisions of MD5) the rows are; null where the table is missing. */
  checksum: string | null;
  /** False where the engine has not installed capture yet: then nothing can be said about what waits. */
  captured: boolean;
  deltas: number;
  versions: number;
  /** The node's own vector: the highest counter it has integrated, by the number of the origin. */
  knowledge: Map<number, bigint>;
}

/** Big backlogs are counted up to here, so that looking at them stays cheap. */
const COUNT_MAX = 100_000;

export async function readNode(
  connection: Connection,
  node: string,
  relations: readonly RelationName[],
): Promise<NodeReading> {
  const tables: TableReading[] = [];
  for (const relation of relations) {
    tables.push({
      ...relation,
      ...(await readRows(connection, relation)),
      ...(await readWaiting(connection, relation)),
    });
  }
  return { node, tables, conflicts: await readConflicts(connection) };
}

/**
 * A sum over the hashes of all rows does not depend on their order, so there is nothing to sort and no collation to
 * depend on. Columns are taken by name: their order may differ among nodes.
 */
async function readRows(connection: Connection, relation: RelationName) {
  const shape = await tableShape(connection, relation);
  if (!shape) return { rows: 0, checksum: null };
  const columns = [...shape.columns].sort().map((column) => `t.${quoteIdentifier(column)}`);
  const half = (from: number) => `sum(('x' || substr(h.hash, ${from}, 16))::bit(64)::bigint::numeric)`;
  const [row] = await connection.query<{ rows: string; checksum: string }>(
    `SELECT count(*) AS rows, concat_ws('/', count(*), ${half(1)}, ${half(17)}) AS checksum
     FROM (SELECT md5(ROW(${columns.join(', ')})::text) AS hash FROM ${quoteRelation(relation)} t) h`,
  );
  return { rows: Number(row!.rows), checksum: row!.checksum };
}

/** Also used alone, where only what waits is of interest. */
export async function readWaiting(
  connection: Connection,
  relation: RelationName,
): Promise<Pick<TableReading, 'captured' | 'deltas' | 'versions' | 'knowledge'>> {
  const nothing = { captured: false, deltas: 0, versions: 0, knowledge: new Map<number, bigint>() };
  const [there] = await connection.query<{ there: string }>(
    `SELECT to_regclass('capra.relation') IS NOT NULL AND to_regclass('capra.node') IS NOT NULL AS there`,
  );
  if (there!.there !== 't') return nothing;
  const [found] = await connection.query<{ id: string }>(
    'SELECT id FROM capra.relation WHERE schema_name = $1::text AND table_name = $2::text',
    [relation.schema, relation.table],
  );
  if (!found) return nothing;
  const id = Number(found.id);
  const count = (table: string) =>
    `(SELECT count(*) FROM (SELECT FROM capra.${table}_${id} LIMIT ${COUNT_MAX}) counted)`;
  const [row] = await connection.query<{ deltas: string; versions: string; knowledge: string }>(
    `SELECT ${count('delta')} AS deltas, ${count('version')} AS versions,
       (SELECT coalesce(json_object_agg(k.origin, k.counter::text), '{}')::text FROM capra.knowledge k
        WHERE k.relation = ${id} AND k.node = (SELECT n.id FROM capra.node n)) AS knowledge`,
  );
  const knowledge = Object.entries(JSON.parse(row!.knowledge) as Record<string, string>);
  return {
    captured: true,
    deltas: Number(row!.deltas),
    versions: Number(row!.versions),
    knowledge: new Map(knowledge.map(([origin, counter]) => [Number(origin), BigInt(counter)])),
  };
}
