import type { Connection } from '../../src/engine/ports/connection.ts';
import { quoteIdentifier, quoteRelation } from '../../src/engine/sql.ts';
import type { RelationName } from '../../src/engine/types.ts';
import { compareKeys } from './compare-keys.ts';
import { keyOrder, type TableShape, tableShape } from './table-shape.ts';

const PAGE_ROWS = 2_000;
const PAGES_MAX = 50;

interface Entry {
  key: string[];
  hash: string;
}

/** Runs a look at one node; see `Observer.look`. */
export type Look = <T>(work: (connection: Connection) => Promise<T>) => Promise<T>;

/**
 * The first key, in the order of keys, whose row is not the same on all these nodes. Walks the tables page by page and
 * gives up (null) after 100,000 rows.
 */
export async function firstDifference(name: RelationName, looks: readonly Look[]): Promise<string[] | null> {
  const shape = await looks[0]?.((connection) => tableShape(connection, name));
  if (!shape) return null;
  let after: string[] | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const from: string[] | null = after;
    const pages: Entry[][] = await Promise.all(
      looks.map((look) => look((connection) => readPage(connection, shape, from))),
    );
    // Beyond the smallest last key of a full page the other pages may be incomplete.
    const ends = pages
      .filter((entries) => entries.length === PAGE_ROWS)
      .map((entries) => entries.at(-1)!.key);
    const end: string[] | null = ends.sort((a, b) => compareKeys(shape, a, b))[0] ?? null;
    const found = firstInPages(shape, pages, end);
    if (found) return found;
    if (!end) return null;
    after = end;
  }
  return null;
}

function firstInPages(shape: TableShape, pages: Entry[][], end: string[] | null): string[] | null {
  const seen = new Map<string, { key: string[]; hashes: Set<string>; count: number }>();
  for (const { key, hash } of pages.flat()) {
    const id = JSON.stringify(key);
    const entry = seen.get(id) ?? { key, hashes: new Set(), count: 0 };
    seen.set(id, entry);
    entry.hashes.add(hash);
    entry.count += 1;
  }
  let first: string[] | null = null;
  for (const { key, hashes, count } of seen.values()) {
    if (count === pages.length && hashes.size === 1) continue;
    if (end && compareKeys(shape, key, end) > 0) continue;
    if (!first || compareKeys(shape, key, first) < 0) first = key;
  }
  return first;
}

async function readPage(connection: Connection, shape: TableShape, after: string[] | null): Promise<Entry[]> {
  const keys = shape.key.map(({ name }) => `t.${quoteIdentifier(name)}::text`);
  const columns = [...shape.columns].sort().map((column) => `t.${quoteIdentifier(column)}`);
  const bound = shape.key.map(({ numeric }, index) => `$${index + 1}::${numeric ? 'numeric' : 'text'}`);
  const where = after ? `WHERE (${keyOrder(shape)}) > (${bound.join(', ')})` : '';
  const rows = await connection.query<{ key: string; hash: string }>(
    `SELECT json_build_array(${keys.join(', ')})::text AS key, md5(ROW(${columns.join(', ')})::text) AS hash
     FROM ${quoteRelation(shape)} t ${where} ORDER BY ${keyOrder(shape)} LIMIT ${PAGE_ROWS}`,
    after ?? [],
  );
  return rows.map(({ key, hash }) => ({ key: JSON.parse(key) as string[], hash }));
}
