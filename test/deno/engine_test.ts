/** The real engine on Deno and npm:postgres keeps three real databases equal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine } from '../../src/engine/engine.ts';
import type { Connection } from '../../src/engine/ports/connection.ts';
import type { TraceEvent } from '../../src/engine/trace/events.ts';
import type { Engine } from '../../src/engine/types.ts';
import { definitions, within, withSessions } from './databases.ts';

interface Herd {
  engine: Engine;
  sql: Record<string, Connection>;
  trace: TraceEvent[];
  /** Waits for quiet, expects the same rows on all nodes and no versions left, and returns them. */
  settle(): Promise<string[]>;
}

async function withHerd(work: (herd: Herd) => Promise<void>): Promise<void> {
  await withSessions(async (sql) => {
    for (const session of Object.values(sql)) {
      await session.script(
        `drop schema if exists capra cascade; drop table if exists goat;
         create table goat (id int, herd text, name text, legs numeric, primary key (id, herd))`,
      );
    }
    const trace: TraceEvent[] = [];
    const relations = [{ schema: 'public', table: 'goat' }];
    const engine = createEngine(
      { name: 'deno', nodes: definitions, relations },
      { trace: (event) => trace.push(event) },
    );
    await engine.start();
    const settle = async () => {
      await within(20_000, engine.quiet());
      const all = await Promise.all(Object.values(sql).map((session) => rows(session)));
      for (const found of all) assert.deepEqual(found, all[0]);
      for (const session of Object.values(sql)) assert.deepEqual(await leftovers(session), ['0', '0']);
      return all[0]!;
    };
    try {
      await work({ engine, sql, trace, settle });
    } finally {
      await engine.stop();
    }
  });
}

async function rows(session: Connection): Promise<string[]> {
  return (await session.query<{ r: string }>('select g::text as r from goat g order by 1')).map(({ r }) => r);
}

async function leftovers(session: Connection): Promise<string[]> {
  const [relation] = await session.query<{ id: string }>('select id from capra.relation');
  const counts = ['delta', 'version'].map(
    (kind) => `(select count(*) from capra.${kind}_${relation!.id}) as ${kind}`,
  );
  const [row] = await session.query<{ delta: string; version: string }>(`select ${counts.join(', ')}`);
  return [row!.delta, row!.version];
}

test('inserts, updates, key changes and deletes on any node reach the others', () =>
  withHerd(async ({ sql, settle }) => {
    await sql.a!.query(`insert into goat values (1, 'x', 'Laña', 4), (2, 'x', null, 3.50)`);
    await sql.b!.query(`insert into goat values (3, 'y', 'tab\tand \\ backslash', 4)`);
    assert.deepEqual(await settle(), ['(1,x,Laña,4)', '(2,x,,3.50)', '(3,y,"tab\tand \\\\ backslash",4)']);
    await sql.c!.query(`update goat set name = 'Celia' where id = 1`);
    await sql.b!.query('delete from goat where id = 2');
    await sql.a!.query(`update goat set herd = 'z' where id = 3`);
    assert.deepEqual(await settle(), ['(1,x,Celia,4)', '(3,z,"tab\tand \\\\ backslash",4)']);
    await sql.c!.script('truncate goat');
    assert.deepEqual(await settle(), []);
  }));

test('a conflict over a cut link is resolved alike on all nodes and logged with both rows', () =>
  withHerd(async ({ engine, sql, trace, settle }) => {
    await sql.a!.query(`insert into goat values (1, 'x', 'first', 4)`);
    await settle();
    for (const [one, other] of [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ] as const)
      engine.setLink(one, other, false);
    await sql.a!.query(`update goat set name = 'from a'`);
    await sql.b!.query(`update goat set name = 'from b'`);
    await sql.c!.query('delete from goat');
    for (const [one, other] of [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ] as const)
      engine.setLink(one, other, true);
    assert.deepEqual(await settle(), [], 'the delete was the latest');
    const logged = await Promise.all(
      Object.values(sql).map((session) =>
        session.query<{ loser: string }>(`select loser_row->>'name' as loser from capra.conflict`),
      ),
    );
    const losers = new Set(logged.flat().map(({ loser }) => loser));
    assert(losers.has('from a') && losers.has('from b'), `both losing rows are in the log: ${[...losers]}`);
    assert(trace.some((event) => event.type === 'conflict'));
  }));

test('10,000 rows written while the engine is paused are caught up with', () =>
  withHerd(async ({ engine, sql, settle }) => {
    await engine.pause();
    await sql.a!.query(
      `insert into goat select i, 'x', repeat('goat ', 40), 4 from generate_series(1, 10000) i`,
    );
    await sql.b!.query(`insert into goat select i, 'y', null, 4 from generate_series(1, 100) i`);
    engine.resume();
    assert.equal((await settle()).length, 10_100);
  }));
