import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';
import type { Engine, RelationName } from '../../src/engine/types.ts';
import { startNodes, type TestNodes } from './harness.ts';

let nodes: TestNodes;
let engines: Engine[] = [];
beforeEach(async () => {
  nodes = await startNodes('postgres', 2, 'create table goat (id int primary key, name text)');
});
afterEach(async () => {
  for (const engine of engines) await engine.stop();
  engines = [];
  await nodes.dispose();
});

const goat = [{ schema: 'public', table: 'goat' }];
function engineFor(relations: RelationName[] = goat, definitions = nodes.definitions, name = 'test'): Engine {
  const engine = createEngine({ name, nodes: definitions, relations });
  engines.push(engine);
  return engine;
}
const installed = async (node: string) =>
  (await nodes.sql[node]!.query(`select 1 from pg_namespace where nspname = 'capra'`)).length > 0;

describe('a definition that can not work is refused before anything is changed', () => {
  const other = (): { id: number; name: string; connect: () => never } => ({
    id: 2,
    name: 'b',
    connect: () => expect.unreachable(),
  });
  test.each([
    ['no name', () => ({ name: '' }), 'give it a name'],
    ['one node', () => ({ nodes: nodes.definitions.slice(0, 1) }), 'at least two'],
    ['no tables', () => ({ relations: [] }), 'no tables'],
    [
      'the same name twice',
      () => ({ nodes: [nodes.definitions[0]!, { ...other(), name: 'a' }] }),
      'two nodes are called a',
    ],
    [
      'the same id twice',
      () => ({ nodes: [nodes.definitions[0]!, { ...other(), id: 1 }] }),
      'two nodes have the id 1',
    ],
    [
      'an id out of range',
      () => ({ nodes: [nodes.definitions[0]!, { ...other(), id: 40_000 }] }),
      '1 to 32767',
    ],
    ['a table twice', () => ({ relations: [...goat, ...goat] }), 'named twice'],
    ['a link to nowhere', () => ({ links: [['a', 'z']] as [string, string][] }), 'names the node z'],
    ['a link to itself', () => ({ links: [['a', 'a']] as [string, string][] }), 'joins node a with itself'],
  ])('%s', (_, change, message) => {
    expect(() =>
      createEngine({ name: 'test', nodes: nodes.definitions, relations: goat, ...change() }),
    ).toThrow(message);
  });
});

test.each([
  [
    'a table that is not there',
    'select 1',
    'nowhere',
    'no-such-table',
    /public\.nowhere does not exist on node b/,
  ],
  [
    'a table without a primary key',
    'create table keyless (id int)',
    'keyless',
    'no-primary-key',
    /ADD PRIMARY KEY/,
  ],
  ['a view', 'create view seen as select 1 as id', 'seen', 'not-a-table', /not an ordinary table/],
  [
    'a partitioned table',
    'create table parts (id int primary key) partition by range (id)',
    'parts',
    'partitioned',
    /Name its partitions/,
  ],
  [
    'another type',
    'create table odd (id int primary key, v int)',
    'odd',
    'shape-differs',
    /Column "v" of public\.odd has type text on node a and type integer on node b/,
  ],
  [
    'another key',
    'create table odd (id int, v text, primary key (id, v))',
    'odd',
    'shape-differs',
    /primary key of public\.odd is \(id\) on node a and \(id, v\)/,
  ],
  [
    'a missing column',
    'create table odd (id int primary key)',
    'odd',
    'shape-differs',
    /no such column on node b/,
  ],
])(
  '%s is refused, in words that say what to do, and nothing is installed',
  async (_, onB, table, code, message) => {
    await nodes.sql.a!.script(
      ['nowhere', 'keyless', 'seen', 'parts'].includes(table)
        ? `create table ${table} (id int primary key)`
        : 'create table odd (id int primary key, v text)',
    );
    await nodes.sql.b!.script(onB);
    const error = await engineFor([{ schema: 'public', table }])
      .start()
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect([await installed('a'), await installed('b')]).toEqual([false, false]);
  },
);

test('a second engine on the same node is refused while the first one runs, and not afterwards', async () => {
  const first = engineFor();
  await first.start();
  await expect(engineFor().start()).rejects.toMatchObject({
    code: 'node-locked',
    message: expect.stringContaining('Another Capra engine'),
  });
  await first.stop();
  await expect
    .poll(() =>
      engineFor()
        .start()
        .then(
          () => true,
          (e: Error) => e.message,
        ),
    )
    .toBe(true);
});

test('a database that is already another node is refused', async () => {
  const first = engineFor();
  await first.start();
  await first.stop();
  const swapped = [
    { ...nodes.definitions[0]!, connect: nodes.definitions[1]!.connect },
    { ...nodes.definitions[1]!, connect: nodes.definitions[0]!.connect },
  ];
  await expect(engineFor(goat, swapped).start()).rejects.toMatchObject({ code: 'other-node' });
  await expect(engineFor(goat, nodes.definitions, 'another sync').start()).rejects.toMatchObject({
    code: 'other-node',
  });
});

test('a copy of a node is refused, because it would use counters a second time', async () => {
  const first = engineFor();
  await first.start();
  await first.stop();
  for (const session of Object.values(nodes.sql)) await session.close();
  const url = new URL(nodes.urls.a!);
  const original = url.pathname.slice(1);
  const copy = `${original}_copy`;
  url.pathname = '/postgres';
  const admin = await connectPostgres(url.href, { node: 'server' });
  await admin.script(`create database ${copy} template ${original}`);
  url.pathname = `/${copy}`;
  const cloned = [
    { ...nodes.definitions[0]!, connect: () => connectPostgres(url.href, { node: 'a' }) },
    nodes.definitions[1]!,
  ];
  await expect(engineFor(goat, cloned).start()).rejects.toMatchObject({ code: 'copied-node' });
  await admin.script(`drop database ${copy} with (force)`);
  await admin.close();
});

test('another set of nodes is refused, because versions were dropped that a new one would need', async () => {
  const first = engineFor();
  await first.start();
  await first.stop();
  const third = await startNodes('postgres', 1, 'create table goat (id int primary key, name text)');
  const more = [...nodes.definitions, { ...third.definitions[0]!, id: 3, name: 'c' }];
  await expect(engineFor(goat, more).start()).rejects.toMatchObject({
    code: 'members-changed',
    message: expect.stringContaining('a (1), b (2), not for a (1), b (2), c (3)'),
  });
  await third.dispose();
});

test('a node that does not answer is named, and the engine starts without it and takes it in later', async () => {
  let up = false;
  const away = {
    ...nodes.definitions[1]!,
    connect: () =>
      up ? nodes.definitions[1]!.connect() : connectPostgres('postgresql://127.0.0.1:1/x', { node: 'b' }),
  };
  const engine = createEngine(
    { name: 'test', nodes: [nodes.definitions[0]!, away], relations: goat },
    { retryMsMax: 200 },
  );
  engines.push(engine);
  await engine.start();
  expect(engine.status().nodes[1]).toMatchObject({
    reachable: false,
    error: expect.stringContaining('node b does not answer'),
  });
  await nodes.sql.a!.script(`insert into goat values (1, 'Ada')`);
  up = true;
  await expect.poll(() => nodes.sql.b!.query('select name from goat')).toEqual([{ name: 'Ada' }]);
});

test('a wrong password or database is said by the server and refused', async () => {
  const wrong = (url: string) => [
    nodes.definitions[0]!,
    { ...nodes.definitions[1]!, connect: () => connectPostgres(url, { node: 'b' }) },
  ];
  const url = new URL(nodes.urls.b!);
  url.pathname = '/nowhere';
  await expect(engineFor(goat, wrong(url.href)).start()).rejects.toMatchObject({
    sqlstate: '3D000',
    message: expect.stringContaining('"nowhere" does not exist'),
  });
});
