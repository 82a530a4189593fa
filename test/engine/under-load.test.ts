import { afterEach, expect, test } from 'vitest';
import type { Connection } from '../../src/engine/ports/connection.ts';
import { startCluster, type TestCluster } from './cluster.ts';

const relations = [{ schema: 'public', table: 'item' }];
const schema = 'create table item (id int primary key, v text, code int unique)';
let cluster: TestCluster;
afterEach(() => cluster?.dispose());

test('writers on all nodes at once: everything arrives everywhere, and each lost write is in a conflict log', {
  timeout: 120_000,
}, async () => {
  cluster = await startCluster('postgres', 3, schema, relations, { pollMs: 3_600_000 });
  const write = async (name: string, session: Connection) => {
    for (let n = 0; n < 150; n++) {
      const id = (n * 7) % 20;
      await session.query(
        `insert into item values ($1::int, $2::text) on conflict (id) do update set v = excluded.v`,
        [id, `${name}${n}`],
      );
      if (n % 10 === 9) await session.query('delete from item where id = $1::int', [(id + 3) % 20]);
    }
  };
  const sessions = await Promise.all(cluster.definitions.map((node) => node.connect()));
  await Promise.all(sessions.map((session, index) => write(cluster.definitions[index]!.name, session)));
  await Promise.all(sessions.map((session) => session.close()));
  expect((await cluster.settle()).length).toBeGreaterThan(10);
  expect(cluster.trace.filter((event) => event.type === 'round-failed')).toEqual([]);
});

test('a commit that falls between the last look and the sleep is found without a poll', {
  timeout: 60_000,
}, async () => {
  cluster = await startCluster('postgres', 2, schema, relations, { pollMs: 3_600_000 });
  await cluster.engine.quiet();
  const slow = await cluster.definitions[0]!.connect();
  const other = cluster.sql.a!;
  // The slow writer captures while a storm keeps the engine busy, so it does not notify, and commits after the storm.
  for (let id = 100; id < 130; id++) await other.query('insert into item (id) values ($1::int)', [id]);
  await slow.begin('read committed');
  await slow.query(`insert into item (id, v) values (1, 'late')`);
  for (let id = 130; id < 160; id++) await other.query('insert into item (id) values ($1::int)', [id]);
  await expect.poll(async () => (await cluster.rows('item')).b!.length, { timeout: 10_000 }).toBe(60);
  await slow.commit();
  await expect.poll(async () => (await cluster.rows('item')).b!.length, { timeout: 10_000 }).toBe(61);
  await slow.close();
});

test('a busy engine asks writers to send no notifications, and an idle one asks for them again', async () => {
  cluster = await startCluster('postgres', 2, schema, relations, { pollMs: 3_600_000 });
  const idle = async () =>
    (await cluster.sql.a!.query<{ idle: string }>('select idle from capra.engine_state'))[0]!.idle;
  await cluster.engine.quiet();
  await expect.poll(idle).toBe('t');
  const seen = new Set<string>();
  const sessions = await Promise.all([1, 2, 3, 4].map(() => cluster.definitions[0]!.connect()));
  let writing = true;
  const watch = (async () => {
    while (writing) seen.add(await idle());
  })();
  await Promise.all(
    sessions.map(async (session, index) => {
      for (let n = 0; n < 150; n++) {
        await session.query('insert into item (id) values ($1::int)', [index * 1000 + n]);
      }
    }),
  );
  writing = false;
  await watch;
  await Promise.all(sessions.map((session) => session.close()));
  expect([...seen]).toContain('f');
  await cluster.settle();
  await expect.poll(idle).toBe('t');
});

test('rows that swap the value of a unique column travel', async () => {
  cluster = await startCluster('postgres', 2, schema, relations);
  await cluster.sql.a!.script(`insert into item values (1, 'x', 10), (2, 'y', 20)`);
  await cluster.settle();
  await cluster.sql.a!.script(
    `begin; update item set code = 99 where id = 1; update item set code = 10 where id = 2; update item set code = 20 where id = 1; commit`,
  );
  expect(await cluster.settle()).toEqual(['(1,x,20)', '(2,y,10)']);
});

test('two rows with one value in a unique column: the round is held back, said in words, and goes on when one is changed', async () => {
  cluster = await startCluster('postgres', 2, schema, relations, { retryMsMax: 200 });
  await cluster.engine.pause();
  await cluster.sql.a!.script(`insert into item values (1, 'on a', 7)`);
  await cluster.sql.b!.script(`insert into item values (2, 'on b', 7)`);
  cluster.engine.resume();
  await expect
    .poll(() => cluster.engine.status().links[0]!.error)
    .toMatch(/same value in a unique column as another row on node [ab]: Key \(code\)=\(7\)/);
  expect(await cluster.rows('item')).toEqual({ a: ['(1,"on a",7)'], b: ['(2,"on b",7)'] });
  await cluster.sql.b!.script(`update item set code = 8 where id = 2`);
  expect(await cluster.settle()).toEqual(['(1,"on a",7)', '(2,"on b",8)']);
});

test('a link that is cut in the middle of a round rolls both sides back, and healing it sends all', async () => {
  cluster = await startCluster('postgres', 2, schema, relations);
  await cluster.engine.pause();
  await cluster.sql.a!.script(`insert into item (id) select i from generate_series(1, 50000) i`);
  const folded = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (cluster.trace.some((event) => event.type === 'fold' && event.source === 'a')) {
        clearInterval(timer);
        resolve();
      }
    }, 1);
  });
  cluster.engine.resume();
  await folded;
  cluster.engine.setLink('a', 'b', false);
  await expect
    .poll(() => cluster.trace.some((event) => event.type === 'round-failed' && event.code === 'link-cut'))
    .toBe(true);
  expect((await cluster.rows('item')).b).toEqual([]);
  cluster.engine.setLink('a', 'b', true);
  expect(await cluster.settle()).toHaveLength(50_000);
});
