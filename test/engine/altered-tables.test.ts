import { afterEach, expect, test } from 'vitest';
import { startCluster, type TestCluster } from './cluster.ts';

const relations = [{ schema: 'public', table: 'goat' }];
const schema = 'create table goat (id int primary key, name text)';
let cluster: TestCluster;
afterEach(() => cluster?.dispose());
const node = (name: string) => cluster.engine.status().nodes.find((each) => each.name === name)!;

test('a column that is added on one node only holds that node back, until all nodes have it; no value is lost', async () => {
  cluster = await startCluster('postgres', 3, schema, relations, { pollMs: 100, retryMsMax: 100 });
  await cluster.sql.a!.script(`insert into goat values (1, 'Ada')`);
  await cluster.settle();
  await cluster.sql.b!.script(
    `alter table goat add column coat text; update goat set coat = 'rust' where id = 1`,
  );
  await cluster.sql.a!.script(`update goat set name = 'Adele' where id = 1`);
  await expect
    .poll(() => node('b').error)
    .toMatch(/Column "coat" of public\.goat has .* on node [ac] and .* on node b/);
  expect(await cluster.sql.b!.query('select name, coat from goat')).toEqual([{ name: 'Ada', coat: 'rust' }]);
  await cluster.sql.a!.script('alter table goat add column coat text');
  await cluster.sql.c!.script('alter table goat add column coat text');
  await expect
    .poll(() => ['a', 'b', 'c'].filter((name) => node(name).reachable), { timeout: 10_000 })
    .toEqual(['a', 'b', 'c']);
  expect(await cluster.settle()).toEqual(['(1,Adele,)']);
  expect(await cluster.conflicts()).toContainEqual(
    expect.objectContaining({ loser_row: '{"id": 1, "coat": "rust", "name": "Ada"}' }),
  );
});

test('capture that was switched off is noticed, installed again, and the rows of that node are offered anew', async () => {
  cluster = await startCluster('postgres', 2, schema, relations, { pollMs: 100, retryMsMax: 100 });
  await cluster.sql.a!.script(`alter table goat disable trigger all; insert into goat values (1, 'unseen')`);
  await expect.poll(async () => (await cluster.rows('goat')).b, { timeout: 10_000 }).toEqual(['(1,unseen)']);
  await cluster.sql.a!.script(`insert into goat values (2, 'seen')`);
  expect(await cluster.settle()).toEqual(['(1,unseen)', '(2,seen)']);
});

test('a table that is dropped on one node is said, and the other nodes go on', async () => {
  cluster = await startCluster('postgres', 3, schema, relations, { pollMs: 100, retryMsMax: 100 });
  await cluster.sql.b!.script('drop table goat');
  await cluster.sql.a!.script(`insert into goat values (1, 'Ada')`);
  await expect.poll(() => node('b').error).toMatch(/public\.goat does not exist on node b/);
  await expect.poll(() => cluster.sql.c!.query('select name from goat')).toEqual([{ name: 'Ada' }]);
});
