import { uncoveredSql, type Vector } from '../knowledge.ts';
import type { RoundNode, RoundRelation } from '../round/round-node.ts';
import { quoteIdentifier, quoteLiteral } from '../sql.ts';
import type { ConflictEvent, ConflictSide, RowKey } from '../trace/events.ts';
import type { NodeId } from '../types.ts';

const TRACE_CONFLICTS_MAX = 100;
const TRACE_VALUE_CHARACTERS_MAX = 2_000;

/** Does the staged item `i` win against the target's version `v` under the rule `latest`? */
export const incomingWins = '(i.stamp, i.origin) > (v.stamp, v.origin)';

/** Neither side knew the other's version. */
export function isConflict(
  relation: RoundRelation,
  sourceVector: Vector,
  members: readonly NodeId[],
): string {
  return `${relation.names.sameKey('v', 'i')} AND ${uncoveredSql('v', sourceVector, members)}`;
}

/**
 * Writes each conflict of the staged items to the conflict log of the target, both rows in full, before anything
 * is applied. Two versions with the same row, or both gone, are no conflict. Nor is a loser that is in the log
 * already: a source that died before its commit sends its writes again, under a new counter but with their stamps.
 * @returns how many, and the first of them for the trace.
 */
export async function logConflicts(
  target: RoundNode,
  relation: RoundRelation,
  sourceVector: Vector,
  members: readonly NodeId[],
  nodeName: (id: NodeId) => string,
): Promise<{ count: number; events: ConflictEvent[] }> {
  const { names, shape } = relation;
  const object = (pairs: [string, string][]) =>
    `(SELECT to_jsonb(r) FROM (SELECT ${pairs.map(([value, name]) => `${value} AS ${quoteIdentifier(name)}`).join(', ')}) r)`;
  const keyPairs = shape.key.map((column, index): [string, string] => [`i.k${index + 1}`, column.name]);
  const incoming = object([
    ...keyPairs,
    ...shape.rest.map((column, index): [string, string] => [`i.c${index + 1}`, column.name]),
  ]);
  const present = object(
    [...shape.key, ...shape.rest].map((column): [string, string] => [
      `t.${quoteIdentifier(column.name)}`,
      column.name,
    ]),
  );
  const hasRow = `t.${quoteIdentifier(shape.key[0]!.name)} IS NOT NULL`;
  // Compares the bytes, as json, xml and the like have no equality. The casts keep the parser from comparing column by column.
  const image = (values: string[]) => `ROW(${values.join(', ')})::record`;
  const imagesEqual =
    shape.rest.length === 0
      ? 'true'
      : `${image(shape.rest.map((column) => `t.${quoteIdentifier(column.name)}`))} OPERATOR(pg_catalog.*=) ${image(
          shape.rest.map((_, index) => `i.c${index + 1}`),
        )}`;
  const pick = (win: string, lose: string) => `CASE WHEN pair.wins THEN ${win} ELSE ${lose} END`;
  const side = (name: 'winner' | 'loser') => {
    const [first, second] = name === 'winner' ? ['i', 'v'] : ['v', 'i'];
    return ['origin', 'counter', 'stamp', 'row']
      .map((part) => pick(`pair.${first}_${part}`, `pair.${second}_${part}`))
      .join(', ');
  };
  const rows = await target.connection.query<ConflictRow>(
    `WITH pair AS (
       SELECT ${object(keyPairs.map(([value, name]) => [`${value}::text`, name]))} AS key, ${incomingWins} AS wins,
              i.origin AS i_origin, i.counter AS i_counter, i.stamp AS i_stamp,
              CASE WHEN NOT i.gone THEN ${incoming} END AS i_row,
              v.origin AS v_origin, v.counter AS v_counter, v.stamp AS v_stamp,
              CASE WHEN ${hasRow} THEN ${present} END AS v_row
       FROM ${names.stage} i
       JOIN ${names.version} v ON ${isConflict(relation, sourceVector, members)}
       LEFT JOIN ${names.table} t ON ${names.keyIs('t', 'i')}
       WHERE CASE WHEN i.gone OR NOT (${hasRow}) THEN NOT i.gone OR ${hasRow} ELSE NOT (${imagesEqual}) END
     ), logged AS (
       INSERT INTO capra.conflict (schema_name, table_name, key, rule,
         winner_origin, winner_counter, winner_stamp, winner_row, loser_origin, loser_counter, loser_stamp, loser_row)
       SELECT ${quoteLiteral(shape.name.schema)}, ${quoteLiteral(shape.name.table)}, pair.key, 'latest', ${side('winner')}, ${side('loser')}
       FROM pair
       WHERE NOT EXISTS (
         SELECT FROM capra.conflict c
         WHERE c.loser_stamp = ${pick('pair.v_stamp', 'pair.i_stamp')} AND c.loser_origin = ${pick('pair.v_origin', 'pair.i_origin')}
           AND c.winner_stamp = ${pick('pair.i_stamp', 'pair.v_stamp')} AND c.winner_origin = ${pick('pair.i_origin', 'pair.v_origin')}
           AND c.key = pair.key AND c.schema_name = ${quoteLiteral(shape.name.schema)} AND c.table_name = ${quoteLiteral(shape.name.table)}
       )
       RETURNING *
     )
     SELECT (SELECT count(*) FROM logged) AS n, first.* FROM (
       SELECT key::text, winner_origin, winner_counter, winner_stamp, left(winner_row::text, ${TRACE_ROW_CHARACTERS_MAX}) AS winner_row,
              loser_origin, loser_counter, loser_stamp, left(loser_row::text, ${TRACE_ROW_CHARACTERS_MAX}) AS loser_row
       FROM logged LIMIT ${TRACE_CONFLICTS_MAX}) first`,
  );
  const toSide = (row: ConflictRow, name: 'winner' | 'loser'): ConflictSide => ({
    origin: nodeName(Number(row[`${name}_origin`])),
    counter: row[`${name}_counter`],
    stamp: row[`${name}_stamp`],
    row: traceRow(row[`${name}_row`]),
  });
  return {
    count: Number(rows[0]?.n ?? 0),
    events: rows.map((row) => ({
      relation: shape.name,
      key: JSON.parse(row.key) as RowKey,
      rule: 'latest',
      winner: toSide(row, 'winner'),
      loser: toSide(row, 'loser'),
    })),
  };
}

/** Longer rows do not travel in the trace; they are whole in the log. */
const TRACE_ROW_CHARACTERS_MAX = 20_000;

type ConflictRow = { n: string; key: string } & Record<
  `${'winner' | 'loser'}_${'origin' | 'counter' | 'stamp'}`,
  string
> &
  Record<'winner_row' | 'loser_row', string | null>;

function traceRow(text: string | null): Record<string, unknown> | null {
  if (text === null) return null;
  try {
    const row = JSON.parse(text) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(row).map(([column, value]) => [
        column,
        typeof value === 'string' && value.length > TRACE_VALUE_CHARACTERS_MAX
          ? `${value.slice(0, TRACE_VALUE_CHARACTERS_MAX)}…`
          : value,
      ]),
    );
  } catch {
    return { '…': 'too long to show here; the conflict log holds it whole' };
  }
}
