import { afterEach, expect, test } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import type { Connection } from '../../src/engine/ports/connection.ts';
import type { Engine } from '../../src/engine/types.ts';
import { startNodes, type TestNodes } from './harness.ts';

let nodes: TestNodes;
let engine: Engine;
afterEach(async () => {
  await engine.stop();
  await nodes.dispose();
});

/** The session with which the engine applies on node b lets somebody write there first, once. */
function letIn(connection: Connection, meanwhile: () => Promise<void>): Connection {
  let done = false;
  return {
    ...connection,
    async query<Row>(...[statement, parameters]: Parameters<Connection['query']>) {
      if (!done && /\b(DELETE FROM|INSERT INTO|UPDATE) "public"."goat"/.test(statement)) {
        done = true;
        await meanwhile();
      }
      return connection.query<Row>(statement, parameters);
    },
  };
}

test.each([
  ['deletes the row', 'delete from goat where id = 1', []],
  ['updates the row', `update goat set name = 'later, on b' where id = 1`, ['later, on b']],
])(
  'somebody who %s on the target while it is being applied is not overruled in silence',
  async (_, sql, expected) => {
    nodes = await startNodes('postgres', 2, 'create table goat (id int primary key, name text)');
    const [a, b] = nodes.definitions;
    let armed = false;
    const connect = async () =>
      letIn(await b!.connect(), async () => {
        if (armed) await nodes.sql.b!.script(sql);
      });
    engine = createEngine({
      name: 'test',
      nodes: [a!, { ...b!, connect }],
      relations: [{ schema: 'public', table: 'goat' }],
    });
    await nodes.sql.b!.script(`insert into goat values (1, 'first')`);
    await engine.start();
    await engine.quiet();
    armed = true;
    await nodes.sql.a!.script(`update goat set name = 'earlier, on a' where id = 1`);
    await engine.quiet();
    for (const name of ['a', 'b']) {
      const rows = await nodes.sql[name]!.query<{ name: string }>('select name from goat');
      expect(rows.map((row) => row.name)).toEqual(expected);
    }
    const logged = await nodes.sql.b!.query('select loser_row::text as row from capra.conflict');
    expect(logged).toEqual([{ row: '{"id": 1, "name": "earlier, on a"}' }]);
  },
);
