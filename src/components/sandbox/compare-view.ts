import type { Comparison } from '../../../sandbox/protocol.ts';

/** A table of the comparison, made ready to draw. */
export interface CompareView {
  /** Indexes of the columns that are not part of the key, in order. */
  values: number[];
  /** Share of a node's width that each of them gets, by what they hold. Sums to 1. */
  shares: number[];
  rows: CompareRow[];
  differing: number;
}

export interface CompareRow {
  id: string;
  key: string[];
  /** One for each node. */
  cells: CompareCell[];
  /** All nodes that could be read hold the same row. */
  equal: boolean;
}

export type CompareCell =
  | { kind: 'row'; values: { text: string | null; differs: boolean }[] }
  | { kind: 'missing' }
  | { kind: 'away' };

const CHARACTERS_MIN = 4;
const CHARACTERS_MAX = 11;
/** What is cut anyway needs no more than a beginning that can be told apart. */
const CHARACTERS_CUT = 9;

/** Keys once, one cell for each node, and in it what differs. */
export function compareView(table: Comparison): CompareView {
  const values = table.columns.flatMap((column, index) => (table.keyColumns.includes(column) ? [] : [index]));
  const rows = table.rows.map((row): CompareRow => {
    const cells = table.nodes.map((node, index): CompareCell => {
      if (table.away.includes(node)) return { kind: 'away' };
      const cell = row.cells[index];
      if (!cell) return { kind: 'missing' };
      return {
        kind: 'row',
        values: values.map((column) => ({
          text: cell[column] ?? null,
          differs: row.differs.includes(column),
        })),
      };
    });
    const missing = cells.some((cell) => cell.kind === 'missing');
    return { id: JSON.stringify(row.key), key: row.key, cells, equal: row.differs.length === 0 && !missing };
  });
  const widths = values.map((column) => columnCharacters(table, column));
  const all = widths.reduce((sum, width) => sum + width, 0) || 1;
  return {
    values,
    shares: widths.map((width) => width / all),
    rows,
    differing: rows.filter((row) => !row.equal).length,
  };
}

/** As wide as its values, within limits: a number needs less room than a name, and a text never takes all of it. */
function columnCharacters(table: Comparison, column: number): number {
  let characters = Math.max(CHARACTERS_MIN, table.columns[column]?.length ?? 0);
  for (const row of table.rows)
    for (const cell of row.cells) characters = Math.max(characters, shortValue(cell?.[column] ?? '').length);
  return (characters > CHARACTERS_MAX ? CHARACTERS_CUT : characters) + 1;
}

/**
 * A value as the grid shows it; the whole value is in the tooltip and in the console. Of a time, the part that
 * tells rows apart on a stage: today the seconds, on other days the day and the minute.
 * @param today in ISO form, `2026-11-23`
 */
export function shortValue(value: string, today = new Date().toISOString().slice(0, 10)): string {
  const time = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d):(\d\d)(?:\.\d+)?(?:[+-]\d\d(?::?\d\d)?)?$/.exec(value);
  if (!time) return value;
  const [, day = '', minute, second] = time;
  return day === today ? `${minute}:${second}` : `${day.slice(5)} ${minute}`;
}
