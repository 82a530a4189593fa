/** The connection of postgres.js keeps its promises in Deno, where the driver's sockets and streams are Deno's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../../src/engine/errors.ts';
import { definitions, within, withSessions } from './databases.ts';

test('values arrive as the text that PostgreSQL prints, and parameters leave as text', () =>
  withSessions(async ({ a }) => {
    const values = await a!.query(
      `select 9007199254740993 as i, 1.10::numeric as n, true as b, '{"x": 1}'::json as j, '\\x00ff'::bytea as h,
              timestamptz '2026-11-22 10:00:00.123456+00' as t, null as z`,
    );
    const texts = { i: '9007199254740993', n: '1.10', b: 't', j: '{"x": 1}', h: '\\x00ff', z: null };
    assert.deepEqual({ ...values[0] }, { ...texts, t: '2026-11-22 10:00:00.123456+00' });
    const [row] = await a!.query('select $1::text as a, $2::bigint[] as b, $3::bool as c', [
      `it's`,
      [1, 2],
      true,
    ]);
    assert.deepEqual({ ...row }, { a: `it's`, b: '{1,2}', c: 't' });
  }));

test('an error carries SQLSTATE, node and position', () =>
  withSessions(async ({ b }) => {
    await assert.rejects(b!.query('select nonsense'), (error: unknown) => {
      assert(error instanceof DatabaseError);
      assert.deepEqual([error.sqlstate, error.node, error.position], ['42703', 'b', 7]);
      return true;
    });
  }));

test('a transaction is rolled back, and the session works on', () =>
  withSessions(async ({ a }) => {
    await a!.script('drop table if exists t; create table t (id int primary key)');
    await a!.begin('repeatable read');
    await a!.query('insert into t values (1)');
    await assert.rejects(a!.query('insert into t values (1)'), { sqlstate: '23505' });
    await a!.rollback();
    assert.deepEqual(await a!.query('select * from t'), []);
  }));

test('COPY is piped from one node to another, with back pressure, byte for byte', () =>
  withSessions(async ({ a, b }) => {
    for (const node of [a!, b!])
      await node.script('drop table if exists big; create table big (id int, v text)');
    await a!.script(`insert into big select i, repeat('é\\n\\', 500) || i from generate_series(1, 20000) i`);
    const rows = await a!.copyOut('COPY (SELECT * FROM big) TO STDOUT');
    await within(30_000, rows.pipeTo(await b!.copyIn('COPY big FROM STDIN')));
    const sum = 'select count(*) as n, sum(hashtext(v)::bigint) as h, sum(length(v)) as l from big';
    const sent = await a!.query(sum);
    assert.deepEqual(await b!.query(sum), sent);
    assert.equal(sent[0]!.n, '20000');
  }));

test('a COPY that the server refuses is rejected, and the session works on', () =>
  withSessions(async ({ a }) => {
    await a!.script('drop table if exists strict; create table strict (id int primary key)');
    const sink = await a!.copyIn('COPY strict FROM STDIN');
    const refused = within(10_000, new Response('1\n1\n').body!.pipeTo(sink));
    await assert.rejects(refused, { sqlstate: '23505' });
    assert.equal((await a!.query('select 1 as one'))[0]!.one, '1');
  }));

test('notifications arrive', () =>
  withSessions(async ({ a, b }) => {
    let stop = async () => {};
    const heard = new Promise<string>((resolve, reject) => {
      a!.listen('deno_channel', resolve).then((unlisten) => {
        stop = unlisten;
        return a!.query(`select pg_notify('deno_channel', 'hello')`);
      }, reject);
    });
    assert.equal(await within(10_000, heard), 'hello');
    await stop();
    assert.equal((await b!.query('select 1 as one'))[0]!.one, '1');
  }));

test('a lost connection is told, and no call goes on in a new session', () =>
  withSessions(async ({ a }) => {
    const lone = await definitions[0]!.connect();
    const lost = new Promise<void>((resolve) => lone.onLost(resolve));
    await lone.begin('repeatable read');
    const [{ pid }] = (await lone.query('select pg_backend_pid() as pid')) as [{ pid: string }];
    await a!.query('select pg_terminate_backend($1::int)', [pid]);
    await within(10_000, lost);
    await assert.rejects(lone.query('select 1'), { sqlstate: '08003' });
    await lone.close();
  }));
