import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../sandbox/protocol.ts';
import { compareView, shortValue } from '../../src/components/sandbox/compare-view.ts';
import { cellId, freshCells } from '../../src/components/sandbox/fresh-cells.ts';
import { proofWords, verdictTitle, waitingWords } from '../../src/components/sandbox/verdict-words.ts';

function table(rows: Comparison['rows'], away: string[] = []): Comparison {
  return {
    schema: 'public',
    table: 'goat',
    columns: ['id', 'name', 'coat'],
    keyColumns: ['id'],
    nodes: ['a', 'b'],
    rows,
    truncated: false,
    away,
  };
}
const row = (id: string, a: string | null, b: string | null, differs: number[] = []) => ({
  key: [id],
  cells: [a, b].map((name) => (name === null ? null : [id, name, null])),
  differs,
});

describe('rows side by side', () => {
  it('gives the key once and marks the differing values only', () => {
    const view = compareView(table([row('1', 'Celia', 'Celia'), row('2', 'Rufo', 'Ruf', [1])]));
    expect(view.values).toEqual([1, 2]);
    expect(view.differing).toBe(1);
    expect(view.rows[1]?.cells[0]).toEqual({
      kind: 'row',
      values: [
        { text: 'Rufo', shown: 'Rufo', differs: true },
        { text: null, shown: 'NULL', differs: false },
      ],
    });
  });

  it('shows the end that differs where a shared beginning would fill a narrow cell', () => {
    const view = compareView(table([row('2', 'Rufo of the north', 'Rufo of the south', [1])]));
    const shown = view.rows[0]?.cells.map((cell) => (cell.kind === 'row' ? cell.values[0]?.shown : null));
    expect(shown).toEqual(['…north', '…south']);
  });

  it('says that a row is missing on a node, and tells that apart from a node that is away', () => {
    const missing = compareView(table([row('1', 'Celia', null)]));
    expect(missing.rows[0]).toMatchObject({ equal: false, cells: [{ kind: 'row' }, { kind: 'missing' }] });
    const away = compareView(table([row('1', 'Celia', null)], ['b']));
    expect(away.rows[0]).toMatchObject({ equal: true, cells: [{ kind: 'row' }, { kind: 'away' }] });
  });

  it('shortens times to what tells rows apart, and leaves everything else as it is', () => {
    expect(shortValue('2026-11-23 10:22:31.123+00', '2026-11-23')).toBe('10:22:31');
    expect(shortValue('2026-05-14 05:12:00+00', '2026-11-23')).toBe('05-14 05:12');
    expect(shortValue('2026-05', '2026-11-23')).toBe('2026-05');
  });

  it('flashes what changed on the node where it changed, and nothing at the first look', () => {
    const before = [table([row('1', 'Celia', 'Celia'), row('2', 'Rufo', 'Rufo')])];
    const after = [table([row('1', 'Celia', 'Celia'), row('2', 'Rufo', 'Ruf'), row('3', 'Luna', null)])];
    expect(freshCells([], after).size).toBe(0);
    expect(freshCells(before, before).size).toBe(0);
    expect([...freshCells(before, after)].sort()).toEqual(
      [cellId(after[0]!, ['2'], 'b'), cellId(after[0]!, ['3'], 'a')].sort(),
    );
  });

  it('flashes a row that is gone, but not the rows of a node that went away', () => {
    const before = [table([row('1', 'Celia', 'Celia')])];
    expect([...freshCells(before, [table([row('1', 'Celia', null)])])]).toEqual([
      cellId(before[0]!, ['1'], 'b'),
    ]);
    expect(freshCells(before, [table([row('1', 'Celia', null)], ['b'])]).size).toBe(0);
  });
});

describe('the words of the verdict', () => {
  it('claims equality for one status only', () => {
    const statuses = ['equal', 'in-flight', 'blocked', 'different', 'unknown'] as const;
    const claims = statuses.filter((status) => /equal/.test(verdictTitle({ status }, 3)));
    expect(claims).toEqual(['equal']);
  });

  it('says what waits where, and nothing when nothing does', () => {
    expect(waitingWords([{ node: 'a', deltas: 1, versions: 2 }])).toBe(
      'a: 1 change not yet read and 2 versions that some node lacks.',
    );
    expect(waitingWords([{ node: 'a', deltas: 0, versions: 0 }])).toBeNull();
  });

  it('gives rows and the first differing key where a table differs', () => {
    const perNode = [
      { node: 'a', rows: 12, checksum: 'x' },
      { node: 'b', rows: 13, checksum: 'y' },
    ];
    const words = proofWords(
      { schema: 'public', table: 'goat', perNode, equal: false, firstDifferingKey: ['13'] },
      'goat',
    );
    expect(words).toBe('goat: rows a 12, b 13; first difference at key 13');
  });
});
