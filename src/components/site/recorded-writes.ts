import type { TraceEvent } from '../../engine/trace/events.ts';

/** Rows of all nodes at one moment of a recording. A part of the sandbox's `Comparison`. */
export interface RowsAt {
  at: number;
  tables: {
    columns: string[];
    keyColumns: string[];
    nodes: string[];
    rows: { key: string[]; cells: ((string | null)[] | null)[] }[];
  }[];
}

/** Something that a person wrote on a node during a recording. */
export interface RecordedWrite {
  /** `seq` of the event by which the engine learned of it. */
  seq: number;
  node: string;
  /** As `keyWords` prints it: `id 13`. */
  key: string;
  /** The key and what was written, short enough for a drawing: `13 Luna`. */
  words: string;
}

/** Finds what was written by comparing the rows of a node before and after it told the engine of a change. */
export function recordedWrites(events: TraceEvent[], moments: RowsAt[]): RecordedWrite[] {
  return events.flatMap((event): RecordedWrite[] => {
    if (event.type !== 'kick' || event.reason !== 'notify') return [];
    const before = moments.findLast((moment) => moment.at <= event.at);
    const after = moments.find((moment) => moment.at > event.at);
    if (before === undefined || after === undefined) return [];
    return after.tables.flatMap((table, index) => {
      const column = table.nodes.indexOf(event.node);
      const old = new Map(before.tables[index]?.rows.map((row) => [row.key.join('\n'), row.cells[column]]));
      return table.rows.flatMap(({ key, cells }): RecordedWrite[] => {
        const now = cells[column] ?? null;
        const words = changeWords(table.columns, table.keyColumns, old.get(key.join('\n')) ?? null, now);
        if (words === null) return [];
        const named = table.keyColumns.map((name, part) => `${name} ${key[part]}`).join(', ');
        return [{ seq: event.seq, node: event.node, key: named, words: `${key.join(' ')} ${words}` }];
      });
    });
  });
}

/** The first value that is new, apart from the key; null where nothing has changed. */
function changeWords(
  columns: string[],
  keyColumns: string[],
  before: (string | null)[] | null,
  now: (string | null)[] | null,
): string | null {
  if (now === null) return before === null ? null : 'deleted';
  const changed = columns.findIndex(
    (name, index) => !keyColumns.includes(name) && now[index] !== (before?.[index] ?? null),
  );
  return changed === -1 ? null : (now[changed] ?? 'NULL');
}
