import { expect, test } from 'vitest';
import { startCluster } from './cluster.ts';
import { runEngineProcess } from './run-engine-process.ts';

const relations = [{ schema: 'public', table: 'goat' }];
const schema = `create table goat (id int primary key, name text);
  create table applied (id int, name text);
  create function note_applied() returns trigger language plpgsql as
    'begin if current_setting(''session_replication_role'') = ''replica'' then insert into applied values (new.id, new.name); end if; return null; end';
  create trigger note_applied after insert on goat for each row execute function note_applied();
  alter table goat enable always trigger note_applied;`;

/** Every step of a round that the trace names, in order. */
const steps = [
  'round-start',
  'fold',
  'read',
  'conflict',
  'merge',
  'apply',
  'target-commit',
  'settle',
  'round-end',
];

test.each(steps)('an engine killed at "%s" loses nothing and does nothing twice', async (step) => {
  const cluster = await startCluster('postgres', 2, schema, relations);
  try {
    await cluster.sql.a!.script(`insert into goat values (1, 'first'), (2, 'second')`);
    await cluster.settle();
    await cluster.engine.stop();
    await cluster.sql.a!.script(
      `update goat set name = 'from a' where id = 1; insert into goat values (3, 'new on a'); delete from goat where id = 2`,
    );
    await cluster.sql.b!.script(
      `update goat set name = 'from b' where id = 1; insert into goat values (4, 'new on b')`,
    );

    const killed = await runEngineProcess({ urls: cluster.urls, relations, killAt: step });
    expect(killed.signal, killed.errors).toBe('SIGKILL');
    await cluster.sql.a!.script(`insert into goat values (5, 'after the crash')`);
    await cluster.sql.b!.script(`update goat set name = 'changed on b' where id = 4`);
    const again = await runEngineProcess({ urls: cluster.urls, relations });
    expect(again.code, again.errors).toBe(0);

    const expected = ['(1,"from b")', '(3,"new on a")', '(4,"changed on b")', '(5,"after the crash")'];
    expect(await cluster.rows('goat')).toEqual({ a: expected, b: expected });
    const conflicts = await cluster.conflicts();
    expect(conflicts.map(({ key, winner_row, loser_row }) => ({ key, winner_row, loser_row }))).toEqual([
      {
        key: '{"id": "1"}',
        winner_row: '{"id": 1, "name": "from b"}',
        loser_row: '{"id": 1, "name": "from a"}',
      },
    ]);
    for (const name of ['a', 'b']) {
      const used = await cluster.sql[name]!.query(
        `select (select last_value from capra.counter) >= coalesce(max(counter), 0) as ahead from capra.knowledge k join capra.node n on k.origin = n.id`,
      );
      expect(used).toEqual([{ ahead: 't' }]);
    }
    // Only what the target had committed and the source had not may be written again, and then with the same content.
    const twice = await cluster.sql.b!.query<{ id: string }>(
      `select id from applied group by id, name having count(*) > 1`,
    );
    expect(
      twice.length === 0 || step === 'target-commit',
      `${twice.length} rows applied twice at ${step}`,
    ).toBe(true);
  } finally {
    await cluster.dispose();
  }
});
