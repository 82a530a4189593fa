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

export type CompareCell = { kind: 'row'; values: CompareValue[] } | { kind: 'missing' } | { kind: 'away' };

export interface CompareValue {
  text: string | null;
  /** What a narrow cell shows of it; of a differing value the end that differs. */
  shown: string;
  differs: boolean;
}

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
        values: values.map((column) => {
          const text = cell[column] ?? null;
          const differs = row.differs.includes(column);
          const all = differs ? row.cells.map((one) => one?.[column] ?? null) : [];
          return { text, shown: text === null ? 'NULL' : differingEnd(text, all), differs };
        }),
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

/** A beginning that all versions share hides what differs in a narrow cell: `…north` and `…south` instead. */
function differingEnd(text: string, all: readonly (string | null)[]): string {
  const texts = all.filter((one) => one !== null);
  if (texts.length < 2 || Math.max(...texts.map((one) => one.length)) < CHARACTERS_MAX)
    return shortValue(text);
  let shared = 0;
  while (shared < text.length && texts.every((one) => one[shared] === text[shared])) shared += 1;
  const word = text.slice(0, shared).lastIndexOf(' ') + 1;
  return word > 3 ? `…${text.slice(word)}` : shortValue(text);
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
