import type { Connection } from '../../src/engine/ports/connection.ts';
import type { RowKey } from '../../src/engine/trace/events.ts';
import { VALUE_CHARACTERS_MAX, type Verdict } from '../protocol.ts';

export type FoundConflict = Verdict['conflicts'][number];

const CONFLICTS_MAX = 100;

type LogRow = Record<
  | 'at'
  | 'schema_name'
  | 'table_name'
  | 'key'
  | 'winner'
  | 'loser'
  | 'winner_counter'
  | 'loser_counter'
  | 'winner_stamp'
  | 'loser_stamp'
  | 'node',
  string
> &
  Record<'winner_row' | 'loser_row', string | null>;

/** The newest entries of a node's conflict log, with the names of the origins. */
export async function readConflicts(connection: Connection): Promise<FoundConflict[]> {
  const [there] = await connection.query<{ there: string }>(
    `SELECT to_regclass('capra.conflict') IS NOT NULL AND EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('capra.member')) AS there`,
  );
  if (there!.there !== 't') return [];
  const iso = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  const rows = await connection.query<LogRow>(
    `SELECT ${iso('c.at')} AS at, c.schema_name, c.table_name,
       (SELECT json_object_agg(e.key, e.value)::text FROM jsonb_each_text(c.key) e) AS key,
       coalesce(w.name, c.winner_origin::text) AS winner, coalesce(l.name, c.loser_origin::text) AS loser,
       c.winner_counter, c.loser_counter, ${iso('c.winner_stamp')} AS winner_stamp, ${iso('c.loser_stamp')} AS loser_stamp,
       c.winner_row::text AS winner_row, c.loser_row::text AS loser_row,
       (SELECT n.name FROM capra.node n) AS node
     FROM capra.conflict c
     LEFT JOIN capra.member w ON w.id = c.winner_origin
     LEFT JOIN capra.member l ON l.id = c.loser_origin
     ORDER BY c.at DESC, c.id DESC LIMIT ${CONFLICTS_MAX}`,
  );
  return rows.map((row) => ({
    at: row.at,
    foundOn: row.node,
    relation: { schema: row.schema_name, table: row.table_name },
    key: JSON.parse(row.key) as RowKey,
    rule: 'latest',
    winner: {
      origin: row.winner,
      counter: row.winner_counter,
      stamp: row.winner_stamp,
      row: shortRow(row.winner_row),
    },
    loser: {
      origin: row.loser,
      counter: row.loser_counter,
      stamp: row.loser_stamp,
      row: shortRow(row.loser_row),
    },
  }));
}

function shortRow(text: string | null): Record<string, unknown> | null {
  if (text === null) return null;
  const row = JSON.parse(text) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const long = typeof value === 'string' && value.length > VALUE_CHARACTERS_MAX;
      return [column, long ? `${value.slice(0, VALUE_CHARACTERS_MAX - 1)}…` : value];
    }),
  );
}

/**
 * The same two versions may meet on several nodes before the winner is everywhere: that is one conflict, reported as it
 * was found first. Newest first.
 */
export function mergeConflicts(lists: readonly FoundConflict[][]): FoundConflict[] {
  const byPair = new Map<string, FoundConflict>();
  for (const conflict of lists.flat()) {
    const { relation, key, winner, loser } = conflict;
    const dots = [winner.origin, winner.counter, loser.origin, loser.counter];
    const pair = JSON.stringify([relation.schema, relation.table, Object.entries(key).sort(), dots]);
    const known = byPair.get(pair);
    if (!known || conflict.at < known.at) byPair.set(pair, conflict);
  }
  return [...byPair.values()].sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, CONFLICTS_MAX);
}
