/** What every node keeps, whichever provider starts it: one conformance test for all of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatabaseNode, NodeProvider } from '../../sandbox/nodes/node-provider.ts';
import type { Connection } from '../../src/engine/ports/connection.ts';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';

export function describeNodes(makeProvider: () => Promise<NodeProvider>): void {
  let provider: NodeProvider;
  let nodes: DatabaseNode[] = [];
  let a: DatabaseNode;
  beforeAll(async () => {
    provider = await makeProvider();
    nodes = await Promise.all(['a', 'b', 'c'].map((name) => provider.start({ name })));
    a = nodes[0] as DatabaseNode;
  });
  afterAll(() => provider?.dispose());

  test('nodes start side by side, each with its own server, and keep commit timestamps', async () => {
    const urls = nodes.map((node) => node.connectionString);
    expect(new Set(urls).size).toBe(3);
    for (const node of nodes) {
      const [row] = await withSession(node.connect(), (db) =>
        db.query(
          `select current_setting('track_commit_timestamp') as kept, current_setting('server_version') as version`,
        ),
      );
      expect(row).toMatchObject({ kept: 'on' });
      expect(String(row?.version)).toContain(node.version);
    }
  });

  test('the engine is a superuser, the speaker owns the database, the attendee owns nothing', async () => {
    const who = `select current_user as name, rolsuper as super, pg_get_userbyid(datdba) = current_user as owner
                   from pg_roles, pg_database where rolname = current_user and datname = current_database()`;
    const answer = (connect: () => Promise<Connection>) => withSession(connect(), (db) => db.query(who));
    expect(await answer(a.connect)).toEqual([{ name: 'postgres', super: 't', owner: 'f' }]);
    expect(await answer(a.connectAsSpeaker)).toEqual([{ name: 'speaker', super: 'f', owner: 't' }]);
    expect(await answer(a.connectAsAttendee)).toEqual([{ name: 'attendee', super: 'f', owner: 'f' }]);
  });

  test('an attendee reads and writes the rows of the speaker and can do nothing else', async () => {
    await withSession(a.connectAsSpeaker(), (db) =>
      db.script(
        'create table herd (id int primary key, name text); create schema second; create table second.t (id int)',
      ),
    );
    await withSession(a.connectAsAttendee(), async (db) => {
      await db.query(`insert into herd values (1, 'Flora')`);
      await db.query('insert into second.t values (1)');
      expect(await db.query('select * from herd')).toEqual([{ id: '1', name: 'Flora' }]);
      const refused = [
        'create table mine (id int)',
        'create temp table mine (id int)',
        'create schema mine',
        'drop table herd',
        'truncate herd',
        'alter table herd add column x int',
        'create role mine',
        'select pg_advisory_lock(1)',
        'select pg_advisory_xact_lock(1)',
        'select lo_create(0)',
        `select pg_read_file('/etc/passwd')`,
        `copy herd to program 'true'`,
      ];
      for (const statement of refused) {
        const error: unknown = await db.query(statement).catch((e: unknown) => e);
        expect(error, statement).toMatchObject({ sqlstate: '42501' });
      }
      const [limit] = await db.query('show statement_timeout');
      expect(limit).toEqual({ statement_timeout: '5s' });
    });
  });

  test('a client without the password is refused, and no role gets into another database', async () => {
    const wrong = new URL(a.connectionString as string);
    wrong.password = 'wrong';
    await expect(connectPostgres(wrong.href, { node: 'a' })).rejects.toMatchObject({ sqlstate: '28P01' });
    const other = new URL(a.connectionString as string);
    other.pathname = '/postgres';
    await expect(connectPostgres(other.href, { node: 'a' })).rejects.toMatchObject({ sqlstate: '42501' });
  });

  describe.each([
    ['a clean stop', (node: DatabaseNode) => node.stop()],
    ['a power cut', (node: DatabaseNode) => node.kill()],
  ])('after %s', (_, end) => {
    test('committed rows are there again, at the same address', async () => {
      const node = nodes[1] as DatabaseNode;
      const before = node.connectionString;
      const busy = await node.connectAsSpeaker();
      await busy.script(
        'create table if not exists kept (id serial primary key); insert into kept default values',
      );
      const rows = await busy.query('select count(*) as n from kept');
      const lost = new Promise<void>((resolve) => busy.onLost(resolve));
      // A statement under way must not hold up the end.
      const sleeping = busy.query('select pg_sleep(60)').catch((error: unknown) => error);
      await end(node);
      await lost;
      await sleeping;
      await expect(node.connectAsSpeaker()).rejects.toThrow();
      await node.start();
      expect(node.connectionString).toBe(before);
      expect(
        await withSession(node.connectAsSpeaker(), (db) => db.query('select count(*) as n from kept')),
      ).toEqual(rows);
    });
  });

  test('starting a node that runs and stopping one that does not changes nothing', async () => {
    const node = nodes[2] as DatabaseNode;
    await node.start();
    await node.stop();
    await node.stop();
    await node.kill();
    await node.start();
    expect(await withSession(node.connect(), (db) => db.query('select 1 as one'))).toEqual([{ one: '1' }]);
  });
}

async function withSession<T>(
  opening: Promise<Connection>,
  work: (db: Connection) => Promise<T>,
): Promise<T> {
  const db = await opening;
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}
