import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseError } from '../../src/engine/errors.ts';
import type { Connection } from '../../src/engine/ports/connection.ts';
import { backends, startNodes, type TestNodes } from './harness.ts';

async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}

describe.each(backends)('the %s connection', (backend) => {
  let nodes: TestNodes;
  let db: Connection;
  beforeAll(async () => {
    nodes = await startNodes(backend, 1, 'create table t (id int primary key, v text)');
    db = nodes.sql.a!;
  });
  afterAll(() => nodes?.dispose());

  test('returns every value as the text that PostgreSQL prints', async () => {
    const [row] = await db.query(
      `select 1::int8 as a, 1.10::numeric as b, true as c, '{"x": 1}'::json as d, '\\x00ff'::bytea as e,
              timestamptz '2026-11-22 10:00:00.123456+00' as f, array[1,2] as g, null as h, date '2026-01-02' as i`,
    );
    expect(row).toEqual({
      a: '1',
      b: '1.10',
      c: 't',
      d: '{"x": 1}',
      e: '\\x00ff',
      f: '2026-11-22 10:00:00.123456+00',
      g: '{1,2}',
      h: null,
      i: '2026-01-02',
    });
  });

  test('passes parameters as text that the cast types', async () => {
    const [row] = await db.query(
      'select $1::int as a, $2::text as b, $3::bigint[] as c, $4::jsonb as d, $5::bool as e, $6::text[] as f, $7::text as g',
      [7, `it's`, [1, 2], '{"a":1}', true, ['a"b', 'c,d', '\\'], null],
    );
    expect(row).toEqual({
      a: '7',
      b: "it's",
      c: '{1,2}',
      d: '{"a": 1}',
      e: 't',
      f: '{"a\\"b","c,d","\\\\"}',
      g: null,
    });
  });

  test('reports an error with SQLSTATE, node, statement and position', async () => {
    const error = await db.query('select nonsense from t').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({
      sqlstate: '42703',
      node: 'a',
      statement: 'select nonsense from t',
      position: 7,
    });
  });

  test('rolls back and commits, and works on after an error inside a transaction', async () => {
    await db.script('delete from t');
    await db.begin('repeatable read');
    await db.query('insert into t values (1, $1::text)', ['x']);
    expect(await db.query('show transaction_isolation')).toEqual([
      { transaction_isolation: 'repeatable read' },
    ]);
    await db.query('insert into t values (1, $1::text)', ['y']).catch(() => {});
    await db.rollback();
    await db.rollback();
    expect(await db.query('select * from t')).toEqual([]);
    await db.begin('repeatable read');
    await db.query('insert into t values (2, $1::text)', ['z']);
    await db.commit();
    expect(await db.query('select * from t')).toEqual([{ id: '2', v: 'z' }]);
  });

  test('pipes COPY from one statement to another', async () => {
    await db.script('drop table if exists u; create table u (like t)');
    await db.script(
      `delete from t; insert into t select i, repeat('é\\n', 100) || i from generate_series(1, 5000) i`,
    );
    const out = await db.copyOut('COPY (SELECT * FROM t ORDER BY id) TO STDOUT');
    const text = await readAll(out);
    expect(text.split('\n')).toHaveLength(5001);
    const sink = await db.copyIn('COPY u FROM STDIN');
    await new Response(text).body!.pipeTo(sink);
    expect(
      await db.query(
        'select count(*) as n, count(*) filter (where t.v = u.v) as equal from t join u using (id)',
      ),
    ).toEqual([{ n: '5000', equal: '5000' }]);
  });

  test.each([
    ['in the middle', 'nonsense\n'],
    ['at the end', '1\tx\n1\ty\n'],
  ])('rejects a COPY that the server refuses %s, and works on', async (_, text) => {
    await db.script('drop table if exists strict; create table strict (id int primary key, v text)');
    const sink = await db.copyIn('COPY strict FROM STDIN');
    const error = await new Response(text).body!.pipeTo(sink).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect((error as DatabaseError).sqlstate).toMatch(/^2(2P04|2P02|3505)$/);
    expect(await db.query('select 1 as one')).toEqual([{ one: '1' }]);
  });

  test('executes what a person typed and fetches no more rows than asked for', async () => {
    const many = await db.execute('select i, null as n from generate_series(1, 100000) i', 3);
    expect(many).toMatchObject({ command: 'SELECT', columns: ['i', 'n'], truncated: true });
    expect(many.rows).toEqual([
      ['1', null],
      ['2', null],
      ['3', null],
    ]);
    expect(await db.execute('select 1 as x, 2 as x where false', 10)).toMatchObject({
      columns: ['x', 'x'],
      rows: [],
      truncated: false,
    });
    expect(await db.execute('create table typed (id int)', 10)).toMatchObject({
      command: expect.stringMatching(/^CREATE/),
      columns: null,
    });
    expect(await db.execute('insert into typed values (1), (2)', 10)).toMatchObject({
      command: 'INSERT',
      columns: null,
      rowCount: 2,
    });
    expect(await db.execute('update typed set id = id + 1 returning id', 10)).toMatchObject({
      command: 'UPDATE',
      rows: [['2'], ['3']],
    });
    await expect(db.execute('select * from nowhere', 10)).rejects.toMatchObject({
      sqlstate: '42P01',
      position: 14,
    });
    expect(await db.query('select 1 as one')).toEqual([{ one: '1' }]);
  });

  test('delivers notifications', async () => {
    const got: string[] = [];
    let arrived: () => void;
    const two = new Promise<void>((resolve) => (arrived = resolve));
    const stop = await db.listen('some_channel', (payload) => {
      got.push(payload);
      if (got.length === 2) arrived();
    });
    await db.script(`select pg_notify('some_channel', 'one')`);
    await db.script(`select pg_notify('some_channel', 'two')`);
    await two;
    expect(got).toEqual(['one', 'two']);
    await stop();
  });
});

describe('a lost PostgreSQL connection', () => {
  test('fails every later call instead of going on in a new session without the transaction', async () => {
    const nodes = await startNodes('postgres', 1, 'create table t (id int)');
    const db = await nodes.definitions[0]!.connect();
    const lost = new Promise<void>((resolve) => db.onLost(resolve));
    await db.begin('repeatable read');
    await db.query('insert into t values (1)');
    const [{ pid }] = (await db.query<{ pid: string }>('select pg_backend_pid() as pid')) as [
      { pid: string },
    ];
    await nodes.sql.a!.query('select pg_terminate_backend($1::int)', [pid]);
    await lost;
    await expect(db.query('insert into t values (2)')).rejects.toMatchObject({ sqlstate: '08003' });
    expect(await nodes.sql.a!.query('select * from t')).toEqual([]);
    await nodes.dispose();
  });
});

describe('COPY on PostgreSQL', () => {
  test('leaves the connection usable, wherever the last row meets the end of a full buffer', async () => {
    const nodes = await startNodes('postgres', 1, 'create table t (id int)');
    const db = nodes.sql.a!;
    for (const length of [10, 65_000, 65_536, 70_000, 1_000_000, 20_000_000]) {
      const text = await readAll(await db.copyOut(`COPY (SELECT repeat('x', ${length})) TO STDOUT`));
      expect(text.length).toBe(length + 1);
      expect(await db.query('select 1 as one')).toEqual([{ one: '1' }]);
    }
    await nodes.dispose();
  });
});
