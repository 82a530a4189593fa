import type { Connection } from '../../src/engine/ports/connection.ts';
import { quoteIdentifier, quoteRelation } from '../../src/engine/sql.ts';
import type { RelationName } from '../../src/engine/types.ts';
import { type Comparison, VALUE_CHARACTERS_MAX } from '../protocol.ts';
import { compareKeys } from './compare-keys.ts';
import { keyOrder, type TableShape, tableShape } from './table-shape.ts';

const KEYS_MAX = 200;

/** The first rows of a table on one node, by key. */
export interface TableRows {
  shape: TableShape;
  rows: { key: string[]; values: (string | null)[] }[];
  more: boolean;
}

/** Values longer than a page shows end in their checksum, so that a difference far behind is still a difference. */
function shown(column: string): string {
  const text = `t.${quoteIdentifier(column)}::text`;
  return `CASE WHEN length(${text}) <= ${VALUE_CHARACTERS_MAX} THEN ${text}
    ELSE left(${text}, ${VALUE_CHARACTERS_MAX - 50}) || '… (md5 ' || md5(${text}) || ')' END`;
}

export async function readTableRows(connection: Connection, name: RelationName): Promise<TableRows | null> {
  const shape = await tableShape(connection, name);
  if (!shape) return null;
  const selected = [
    ...shape.key.map(({ name }, index) => `t.${quoteIdentifier(name)}::text AS k${index}`),
    ...shape.columns.map((column, index) => `${shown(column)} AS c${index}`),
  ];
  const found = await connection.query(
    `SELECT ${selected.join(', ')} FROM ${quoteRelation(name)} t ORDER BY ${keyOrder(shape)} LIMIT ${KEYS_MAX + 1}`,
  );
  const rows = found.map((row) => ({
    key: shape.key.map((_, index) => row[`k${index}`] as string),
    values: shape.columns.map((_, index) => row[`c${index}`] ?? null),
  }));
  return { shape, rows, more: rows.length > KEYS_MAX };
}

/**
 * Lays the tables side by side. Each node gave its first keys in one order for all, so the first keys of the union
 * are certain.
 * @param perNode null for a node that could not be read.
 */
export function compareTables(
  name: RelationName,
  perNode: { node: string; table: TableRows | null }[],
): Comparison {
  const present = perNode.filter((one) => one.table !== null);
  const shape = present[0]?.table?.shape;
  const comparison: Comparison = {
    ...name,
    columns: shape?.columns ?? [],
    keyColumns: shape?.key.map((column) => column.name) ?? [],
    nodes: perNode.map((one) => one.node),
    rows: [],
    truncated: false,
    away: perNode.filter((one) => one.table === null).map((one) => one.node),
  };
  if (!shape) return comparison;
  const byKey = new Map<string, { key: string[]; cells: ((string | null)[] | null)[] }>();
  for (const [index, { table }] of perNode.entries()) {
    if (!table) continue;
    const order = shape.columns.map((column) => table.shape.columns.indexOf(column));
    for (const { key, values } of table.rows) {
      const id = JSON.stringify(key);
      const row = byKey.get(id) ?? { key, cells: perNode.map(() => null) };
      byKey.set(id, row);
      row.cells[index] = order.map((position) => values[position] ?? null);
    }
  }
  const rows = [...byKey.values()].sort((a, b) => compareKeys(shape, a.key, b.key));
  comparison.rows = rows
    .slice(0, KEYS_MAX)
    .map(({ key, cells }) => ({ key, cells, differs: differingColumns(shape.columns.length, cells) }));
  comparison.truncated = rows.length > KEYS_MAX || present.some((one) => one.table?.more);
  return comparison;
}

function differingColumns(columns: number, cells: ((string | null)[] | null)[]): number[] {
  const held = cells.filter((cell) => cell !== null);
  const first = held[0];
  if (!first) return [];
  return Array.from({ length: columns }, (_, index) => index).filter((index) =>
    held.some((cell) => cell[index] !== first[index]),
  );
}
