import { afterEach, describe, expect, test } from 'vitest';
import { startCluster, type TestCluster } from './cluster.ts';
import { backends } from './harness.ts';

const goats = 'create table goat (id int primary key, name text, legs int)';
const relation = [{ schema: 'public', table: 'goat' }];

describe.each(backends)('replication on %s', (backend) => {
  let cluster: TestCluster | undefined;
  afterEach(async () => {
    await cluster?.dispose();
    cluster = undefined;
  });

  test('an insert, an update and a delete on any node reach all others', async () => {
    cluster = await startCluster(backend, 3, goats, relation);
    await cluster.sql.a!.script(`insert into goat values (1, 'Ada', 4), (2, 'Bo', 4)`);
    expect(await cluster.settle()).toEqual(['(1,Ada,4)', '(2,Bo,4)']);
    await cluster.sql.b!.script(`update goat set legs = 3 where id = 2`);
    expect(await cluster.settle()).toEqual(['(1,Ada,4)', '(2,Bo,3)']);
    await cluster.sql.c!.script(`delete from goat where id = 1`);
    expect(await cluster.settle()).toEqual(['(2,Bo,3)']);
    expect(await cluster.conflicts()).toEqual([]);
  });

  test('a change travels by itself after its commit, without a poll and without being asked', async () => {
    cluster = await startCluster(backend, 2, goats, relation, { pollMs: 3_600_000 });
    await cluster.engine.quiet();
    const before = cluster.trace.length;
    await cluster.sql.a!.script(`insert into goat values (1, 'Ada', 4)`);
    await expect.poll(async () => (await cluster!.rows('goat')).b, { timeout: 5_000 }).toEqual(['(1,Ada,4)']);
    expect(cluster.trace.slice(before)).toContainEqual(
      expect.objectContaining({ type: 'kick', node: 'a', reason: 'notify' }),
    );
  });

  test('a changed key and a row that swaps its key with another travel', async () => {
    cluster = await startCluster(backend, 2, goats, relation);
    await cluster.sql.a!.script(`insert into goat values (1, 'Ada', 4), (2, 'Bo', 4)`);
    await cluster.settle();
    await cluster.sql.a!.script(`update goat set id = 3 where id = 1`);
    expect(await cluster.settle()).toEqual(['(2,Bo,4)', '(3,Ada,4)']);
    await cluster.sql.b!.script(
      `begin; update goat set id = 9 where id = 2; update goat set id = 2 where id = 3; update goat set id = 3 where id = 9; commit`,
    );
    expect(await cluster.settle()).toEqual(['(2,Ada,4)', '(3,Bo,4)']);
  });

  test('concurrent writes to one row: the later wins everywhere, the loser is in the log with its whole row', async () => {
    cluster = await startCluster(backend, 2, goats, relation);
    await cluster.sql.a!.script(`insert into goat values (1, 'Ada', 4)`);
    await cluster.settle();
    cluster.engine.setLink('a', 'b', false);
    await cluster.sql.a!.script(`update goat set name = 'Adele' where id = 1`);
    await cluster.sql.b!.script(`update goat set legs = 3 where id = 1`);
    cluster.engine.setLink('a', 'b', true);
    expect(await cluster.settle()).toEqual(['(1,Ada,3)']);
    expect(await cluster.conflicts()).toEqual([
      {
        key: '{"id": "1"}',
        winner_origin: '2',
        winner_row: '{"id": 1, "legs": 3, "name": "Ada"}',
        loser_origin: '1',
        loser_row: '{"id": 1, "legs": 4, "name": "Adele"}',
      },
    ]);
  });

  test('a delete and an update of one row: the later wins, the other side is logged', async () => {
    cluster = await startCluster(backend, 3, goats, relation);
    await cluster.sql.a!.script(`insert into goat values (1, 'Ada', 4), (2, 'Bo', 4)`);
    await cluster.settle();
    await cluster.engine.pause();
    await cluster.sql.a!.script(`delete from goat where id = 1; update goat set legs = 2 where id = 2`);
    await cluster.sql.b!.script(`update goat set legs = 3 where id = 1; delete from goat where id = 2`);
    cluster.engine.resume();
    expect(await cluster.settle()).toEqual(['(1,Ada,3)']);
    const rows = (await cluster.conflicts()).map(({ winner_row, loser_row }) => [winner_row, loser_row]);
    expect(rows).toContainEqual(['{"id": 1, "legs": 3, "name": "Ada"}', null]);
    expect(rows).toContainEqual([null, '{"id": 2, "legs": 2, "name": "Bo"}']);
  });

  test('the same row written on both sides is no conflict', async () => {
    cluster = await startCluster(backend, 2, goats, relation);
    await cluster.engine.pause();
    await cluster.sql.a!.script(`insert into goat values (1, 'Ada', 4)`);
    await cluster.sql.b!.script(`insert into goat values (1, 'Ada', 4)`);
    cluster.engine.resume();
    expect(await cluster.settle()).toEqual(['(1,Ada,4)']);
    expect(await cluster.conflicts()).toEqual([]);
  });

  test('rows that were there before capture are replicated', async () => {
    cluster = await startCluster(backend, 2, `${goats}; insert into goat values (1, 'Ada', 4)`, relation);
    await cluster.sql.b!.script(`insert into goat values (2, 'Bo', 4)`);
    expect(await cluster.settle()).toEqual(['(1,Ada,4)', '(2,Bo,4)']);
    expect(await cluster.conflicts()).toEqual([]);
  });

  test('TRUNCATE removes on the other nodes what the truncating node had seen', async () => {
    cluster = await startCluster(backend, 2, goats, relation);
    await cluster.sql.a!.script(`insert into goat values (1, 'Ada', 4), (2, 'Bo', 4)`);
    await cluster.settle();
    cluster.engine.setLink('a', 'b', false);
    await cluster.sql.b!.script(`insert into goat values (3, 'Cy', 4)`);
    await cluster.sql.a!.script(`truncate goat`);
    cluster.engine.setLink('a', 'b', true);
    expect(await cluster.settle()).toEqual(['(3,Cy,4)']);
  });

  test('changes travel over a chain, a star and a ring', async () => {
    for (const links of [
      [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'd'],
      ],
      [
        ['a', 'b'],
        ['a', 'c'],
        ['a', 'd'],
      ],
      [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'd'],
        ['d', 'a'],
      ],
    ] as [string, string][][]) {
      cluster = await startCluster(backend, 4, goats, relation, { links });
      await cluster.sql.d!.script(`insert into goat values (4, 'Dee', 4)`);
      await cluster.sql.b!.script(`insert into goat values (2, 'Bo', 4)`);
      expect(await cluster.settle()).toEqual(['(2,Bo,4)', '(4,Dee,4)']);
      await cluster.dispose();
    }
    cluster = undefined;
  });

  test('a quiet cluster writes nothing when it is kicked', async () => {
    cluster = await startCluster(backend, 3, goats, relation);
    await cluster.sql.a!.script(`insert into goat values (1, 'Ada', 4)`);
    await cluster.settle();
    const state = () =>
      Promise.all(
        'abc'
          .split('')
          .map((name) =>
            cluster!.sql[name]!.query(
              `select pg_current_wal_insert_lsn()::text as lsn, (select max(counter)::text from capra.knowledge) as k, (select last_value from capra.counter) as c`,
            ),
          ),
      );
    const before = (await state()).map(([row]) => [row!.k, row!.c]);
    cluster.engine.kick();
    await cluster.engine.quiet();
    expect((await state()).map(([row]) => [row!.k, row!.c])).toEqual(before);
  });
});
