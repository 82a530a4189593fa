import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../sandbox/cluster/compare-keys.ts';
import { type JudgeInput, judge } from '../../sandbox/cluster/judge.ts';
import { SharedLook } from '../../sandbox/cluster/shared-look.ts';
import { splitStatements } from '../../sandbox/cluster/split-statements.ts';
import type { TableShape } from '../../sandbox/cluster/table-shape.ts';
import { transactionWord } from '../../sandbox/cluster/transaction-words.ts';

describe('statements of a script', () => {
  const texts = (script: string) => splitStatements(script).map((statement) => statement.text);

  it('end at semicolons that are not in quotes, dollar quotes or comments', () => {
    expect(texts(`select ';'; do $b$ begin; end $b$; /* ; */ select ";" -- ;\n, 1`)).toEqual([
      `select ';';`,
      'do $b$ begin; end $b$;',
      `select ";" -- ;\n, 1`,
    ]);
  });

  it('keep a function body together', () => {
    const body = 'create function f() returns int begin atomic select 1; select 2; end;';
    expect(texts(`${body} select f()`)).toEqual([body, 'select f()']);
  });

  it('know where they begin, and skip what is empty', () => {
    expect(splitStatements(';; -- nothing\n select 1;')).toEqual([
      { text: 'select 1;', from: 15, meta: false },
    ]);
  });

  it('tell commands of psql apart', () => {
    expect(splitStatements('\\d goat')[0]).toMatchObject({ meta: true, text: '\\d goat' });
  });
});

describe('what a statement does to the transaction', () => {
  it.each([
    ['begin', 'begin'],
    ['/* x */ START TRANSACTION READ ONLY', 'begin'],
    ['commit and chain', 'begin'],
    ['END;', 'commit'],
    ['commit prepared $$x$$', 'none'],
    ['rollback', 'rollback'],
    ['rollback to savepoint s', 'none'],
    ['savepoint s', 'none'],
    ['insert into begin values (1)', 'none'],
  ])('%s: %s', (statement, word) => expect(transactionWord(statement)).toBe(word));
});

describe('the order of keys', () => {
  const shape = (...numeric: boolean[]): TableShape => ({
    schema: 'public',
    table: 't',
    columns: [],
    key: numeric.map((flag, index) => ({ name: `k${index}`, numeric: flag })),
  });
  const sorted = (numeric: boolean, keys: string[]) =>
    [...keys].sort((a, b) => compareKeys(shape(numeric), [a], [b]));

  it('is that of PostgreSQL for numbers, however long', () => {
    expect(
      sorted(true, ['10', '9', '-1', '9223372036854775807', '9223372036854775806', 'NaN', '1.5']),
    ).toEqual(['-1', '1.5', '9', '10', '9223372036854775806', '9223372036854775807', 'NaN']);
  });

  it('is that of COLLATE "C" for text: by code points', () => {
    expect(sorted(false, ['b', 'a', 'B', '\u{1f600}', '\uffee', 'ab', ''])).toEqual([
      '',
      'B',
      'a',
      'ab',
      'b',
      '\uffee',
      '\u{1f600}',
    ]);
  });

  it('looks at the second column where the first is equal', () => {
    expect(compareKeys(shape(false, true), ['x', '2'], ['x', '10'])).toBeLessThan(0);
  });
});

describe('the verdict', () => {
  const reading = (node: string, over: object = {}) => ({
    node,
    conflicts: [],
    tables: [
      {
        schema: 'public',
        table: 'goat',
        rows: 12,
        checksum: '12/1/2',
        captured: true,
        deltas: 0,
        versions: 0,
        knowledge: new Map([[1, 3n]]),
        ...over,
      },
    ],
  });
  const link = (a: string, b: string, up = true) => ({ a, b, up, busyFrom: null, error: null });
  const input = (over: Partial<JudgeInput> = {}): JudgeInput => ({
    engine: 'running',
    nodes: ['a', 'b'].map((name) => ({ name, status: 'running' as const })),
    links: [link('a', 'b')],
    readings: [reading('a'), reading('b')],
    failures: new Map(),
    ...over,
  });

  it('is equal only where all is proven', () => {
    expect(judge(input()).status).toBe('equal');
    const unproven = [
      reading('b', { checksum: '12/1/3' }),
      reading('b', { deltas: 1 }),
      reading('b', { knowledge: new Map([[1, 2n]]) }),
      reading('b', { knowledge: new Map() }),
      reading('b', { captured: false }),
      reading('b', { checksum: null }),
    ];
    for (const other of unproven) {
      expect(judge(input({ readings: [reading('a'), other] })).status).not.toBe('equal');
    }
    expect(judge(input({ readings: [reading('a')] })).status).toBe('unknown');
    expect(judge(input({ engine: 'starting' })).status).toBe('unknown');
  });

  it('says that changes travel where they can, and why not where they can not', () => {
    const readings = [reading('a', { knowledge: new Map([[1, 4n]]) }), reading('b')];
    expect(judge(input({ readings }))).toEqual({
      status: 'in-flight',
      sentence: 'Changes are on their way: a to b.',
    });
    expect(judge(input({ readings, engine: 'paused' })).status).toBe('blocked');
    expect(judge(input({ readings, links: [link('a', 'b', false)] }))).toEqual({
      status: 'blocked',
      sentence: 'Changes wait: the link a to b is cut. They travel by themselves when that ends.',
    });
  });

  it('names the nodes that are away, and why', () => {
    const readings = [reading('a')];
    const nodes = [
      { name: 'a', status: 'running' as const },
      { name: 'b', status: 'stopped' as const },
    ];
    expect(judge(input({ readings, nodes })).sentence).toMatch(/^Node b is stopped, so not all nodes/);
    const failures = new Map([['b', 'no answer']]);
    expect(judge(input({ readings, failures })).sentence).toMatch(/^Node b can not be read \(no answer\)/);
  });
});

describe('a shared look', () => {
  it('gives those who ask during a look the next one', async () => {
    let finds = 0;
    const release: (() => void)[] = [];
    const look = new SharedLook(async () => {
      const number = ++finds;
      await new Promise<void>((resolve) => release.push(resolve));
      return number;
    });
    const first = look.get();
    const [second, third] = [look.get(), look.get()];
    release[0]!();
    expect(await first).toBe(1);
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    release[1]!();
    expect(await Promise.all([second, third])).toEqual([2, 2]);
  });
});
