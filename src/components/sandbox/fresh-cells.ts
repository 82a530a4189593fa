import type { Comparison } from '../../../sandbox/protocol.ts';

/** Names one row on one node, across refreshes. */
export function cellId(table: Comparison, key: readonly string[], node: string): string {
  return JSON.stringify([table.schema, table.table, key, node]);
}

/**
 * The rows on nodes that are other than they were at the last look: written, changed or gone since.
 * A table or node that was not looked at before changes nothing, so that opening the page flashes nothing.
 */
export function freshCells(before: readonly Comparison[], after: readonly Comparison[]): Set<string> {
  const fresh = new Set<string>();
  for (const table of after) {
    const was = before.find((one) => one.schema === table.schema && one.table === table.table);
    if (!was) continue;
    const old = cellTexts(was);
    const now = cellTexts(table);
    for (const [id, text] of now) {
      const node = (JSON.parse(id) as [string, string, string[], string])[3];
      const readBoth = readable(was, node) && readable(table, node);
      if (readBoth && (old.get(id) ?? 'null') !== text) fresh.add(id);
    }
  }
  return fresh;
}

function readable(table: Comparison, node: string): boolean {
  return table.nodes.includes(node) && !table.away.includes(node);
}

function cellTexts(table: Comparison): Map<string, string> {
  const texts = new Map<string, string>();
  for (const row of table.rows)
    table.nodes.forEach((node, index) => {
      texts.set(cellId(table, row.key, node), JSON.stringify(row.cells[index] ?? null));
    });
  return texts;
}
