import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestCluster, type TestBackend, type TestCluster, until } from './cluster-harness.ts';

/** The same body on PostgreSQL servers and on PGlite: a page must not be able to tell them apart. */
describe.each<TestBackend>(['embedded', 'pglite'])('a cluster on %s', (backend) => {
  let test: TestCluster;

  beforeAll(async () => {
    test = await startTestCluster(backend);
  }, 120_000);
  afterAll(() => test?.stop(), 60_000);
  beforeEach(async ({ task }) => {
    if (task.name !== 'brings the first rows to every node') await test.presenter.reset();
  }, 60_000);

  const goat = (node: string, id: number) => test.sql(node, `SELECT name FROM goat WHERE id = ${id}`);

  it('brings the first rows to every node', async () => {
    const verdict = await test.verdict('equal');
    expect(verdict.sentence).toBe('All 3 nodes hold the same 12 rows, and nothing is on its way.');
    const { state } = await test.presenter.open();
    expect(state.nodes.map(({ name, status }) => [name, status])).toEqual([
      ['a', 'running'],
      ['b', 'running'],
      ['c', 'running'],
    ]);
    expect(state.engine).toBe('running');
    const [comparison] = await test.presenter.compare();
    expect(comparison!.rows).toHaveLength(12);
    expect(comparison!.rows.map((row) => row.key[0])).toEqual(
      Array.from({ length: 12 }, (_, index) => String(index + 1)),
    );
    expect(comparison!.rows.every((row) => row.differs.length === 0)).toBe(true);
  });

  it('shows an insert of a on b and c, and tells of the round', async () => {
    await test.sql('a', "INSERT INTO goat (id, name) VALUES (13, 'Luna')");
    for (const node of ['b', 'c']) {
      await until(
        async () => (await goat(node, 13)).length === 1,
        () => `nothing on ${node}`,
      );
    }
    await test.verdict('equal');
    const events = await until(
      async () => {
        const ends = test.trace.filter((event) => event.type === 'target-commit' && event.source === 'a');
        return ends.length >= 2 && test.trace;
      },
      () => JSON.stringify(test.trace.slice(-10)),
    );
    const numbers = events.map((event) => event.seq);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('reports a conflict once, with winner and loser, and agrees on the winner', async () => {
    await test.verdict('equal');
    await test.presenter.cutLink('a', 'b');
    await test.presenter.cutLink('a', 'c');
    await test.sql('a', "UPDATE goat SET name = 'north' WHERE id = 2");
    await test.sql('b', "UPDATE goat SET name = 'south' WHERE id = 2");
    const blocked = await test.verdict('blocked');
    expect(blocked.sentence).toMatch(/links a to b and a to c are cut/);
    expect(blocked.tables[0]).toMatchObject({ equal: false, firstDifferingKey: ['2'] });
    const [comparison] = await test.presenter.compare();
    expect(comparison!.rows.find((row) => row.key[0] === '2')!.differs).toEqual([1]);
    await test.presenter.healLink('a', 'b');
    await test.presenter.healLink('a', 'c');
    const verdict = await test.verdict('equal');
    expect(verdict.conflicts).toHaveLength(1);
    expect(verdict.conflicts[0]).toMatchObject({
      relation: { schema: 'public', table: 'goat' },
      key: { id: '2' },
      winner: { origin: 'b', row: { id: 2, name: 'south' } },
      loser: { origin: 'a', row: { id: 2, name: 'north' } },
    });
    for (const node of ['a', 'b', 'c']) expect(await goat(node, 2)).toEqual([['south']]);
  });

  it('says that changes wait while the engine is paused, and lets them go', async () => {
    await test.verdict('equal');
    await test.presenter.pause();
    await test.sql('c', 'DELETE FROM goat WHERE id = 9');
    const verdict = await test.verdict('blocked');
    expect(verdict.sentence).toBe('Changes wait: the engine is paused. Resume it.');
    expect(verdict.waiting).toContainEqual({ node: 'c', deltas: 1, versions: 0 });
    await until(
      async () => test.state().nodes.find((node) => node.name === 'c')?.waiting === 1,
      () => JSON.stringify(test.state().nodes),
    );
    await test.presenter.resume();
    await test.verdict('equal');
    expect(await goat('a', 9)).toEqual([]);
  });

  it('brings a node that was stopped up to date', async () => {
    await test.verdict('equal');
    await test.presenter.stopNode('c');
    await expect(test.presenter.execute('c', 'SELECT 1')).rejects.toThrow(/Node c is stopped/);
    await test.sql('a', "UPDATE goat SET name = 'later' WHERE id = 5");
    await until(
      async () => (await goat('b', 5))[0]?.[0] === 'later',
      () => 'not on b',
    );
    const verdict = await test.verdict('blocked');
    expect(verdict.sentence).toMatch(/node c is stopped/);
    const [comparison] = await test.presenter.compare();
    expect(comparison!.away).toEqual(['c']);
    await test.presenter.startNode('c');
    await test.verdict('equal');
    expect(await goat('c', 5)).toEqual([['later']]);
    await until(
      async () => test.state().nodes.every((node) => node.status === 'running'),
      () => JSON.stringify(test.state().nodes),
    );
  });

  it('finds rows that were written past capture', async () => {
    await test.verdict('equal');
    await test.sql('b', 'ALTER TABLE goat DISABLE TRIGGER capra_update');
    await test.sql('b', "UPDATE goat SET coat = 'secret' WHERE id = 7");
    const verdict = await test.verdict('different');
    expect(verdict.tables[0]).toMatchObject({ equal: false, firstDifferingKey: ['7'] });
  });

  it('resets with a node stopped, links cut, the engine paused and a transaction open', async () => {
    await test.presenter.cutLink('a', 'b');
    await test.sql('a', 'CREATE TABLE extra (x int)');
    await test.sql('a', "INSERT INTO goat (id, name) VALUES (99, 'gone after reset')");
    if (backend === 'embedded') await test.sql('b', 'BEGIN; LOCK TABLE goat IN ACCESS EXCLUSIVE MODE');
    await test.presenter.pause();
    await test.presenter.stopNode('c');
    const began = performance.now();
    await test.presenter.reset();
    const verdict = await test.verdict('equal');
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(verdict.tables[0]!.perNode.map(({ rows }) => rows)).toEqual([12, 12, 12]);
    const { state } = await test.presenter.open();
    expect(state.engine).toBe('running');
    expect(state.links.every((link) => link.up)).toBe(true);
    expect(await test.sql('a', "SELECT to_regclass('extra')")).toEqual([[null]]);
  });

  it('lets attendees look and write, and nothing else', async () => {
    const attendee = test.cluster.session('attendee', { onTrace: () => {}, onState: () => {} });
    const { state } = await attendee.open();
    expect(state.role).toBe('attendee');
    expect(state.nodes.every((node) => node.connectionString === null)).toBe(true);
    const refused = [
      attendee.cutLink('a', 'b'),
      attendee.healLink('a', 'b'),
      attendee.pause(),
      attendee.resume(),
      attendee.kick(),
      attendee.stopNode('a'),
      attendee.startNode('a'),
      attendee.reset(),
    ];
    for (const work of refused) await expect(work).rejects.toThrow(/Only the presenter can do this/);
    const [insert] = await attendee.execute('a', "INSERT INTO goat (id, name) VALUES (14, 'guest')");
    expect(insert).toMatchObject({ kind: 'command', command: 'INSERT', rowCount: 1 });
    if (backend === 'embedded') {
      const [drop] = await attendee.execute('a', 'DROP TABLE goat');
      expect(drop).toMatchObject({ kind: 'error', sqlstate: '42501' });
    }
    await test.verdict('equal');
    await attendee.close();
  });

  it('runs several statements, stops at the first error and points at it', async () => {
    const script = "SELECT 'ü;😀' AS é; -- comment;\nSELECT nothing_here; SELECT 2";
    const results = await test.presenter.execute('a', script);
    expect(results).toHaveLength(2);
    expect(results[0]).toMatchObject({ kind: 'rows', columns: ['é'], rows: [['ü;😀']] });
    expect(results[1]).toMatchObject({ kind: 'error', sqlstate: '42703' });
    expect((results[1] as { position: number }).position).toBe(script.indexOf('nothing_here'));
  });

  it('keeps a transaction together, and says so where one stays open', async () => {
    await test.sql('a', "BEGIN; INSERT INTO goat (id, name) VALUES (21, 'x'); ROLLBACK");
    expect(await goat('a', 21)).toEqual([]);
    await test.sql('a', "BEGIN; INSERT INTO goat (id, name) VALUES (22, 'y'); COMMIT");
    expect(await goat('a', 22)).toEqual([['y']]);
    const open = await test.presenter.execute('a', "BEGIN; INSERT INTO goat (id, name) VALUES (23, 'z')");
    if (backend === 'embedded') {
      expect(open.at(-1)).toMatchObject({
        kind: 'command',
        command: expect.stringMatching(/^Transaction open/),
      });
      await test.sql('a', 'COMMIT');
      expect(await goat('a', 23)).toEqual([['z']]);
    } else {
      expect(open.at(-1)).toMatchObject({
        kind: 'error',
        message: expect.stringMatching(/rolled back/),
        position: 0,
      });
      expect(await goat('a', 23)).toEqual([]);
    }
    await test.verdict('equal');
  });

  it('answers what it can not run with a sentence', async () => {
    const [meta] = await test.presenter.execute('a', '\\d goat');
    expect(meta).toMatchObject({
      kind: 'error',
      message: expect.stringMatching(/^\\d is a command of psql/),
    });
    const [copy] = await test.presenter.execute('a', 'COPY goat FROM STDIN');
    expect(copy).toMatchObject({ kind: 'error', message: expect.stringMatching(/INSERT/) });
    const [long] = await test.presenter.execute('a', `SELECT '${'x'.repeat(100_001)}'`);
    expect(long).toMatchObject({ kind: 'error', message: expect.stringMatching(/100,000/) });
    await expect(test.presenter.execute('z', 'SELECT 1')).rejects.toThrow(/There is no node "z" here/);
  });

  it('cuts long answers', async () => {
    const [many] = await test.presenter.execute('a', 'SELECT * FROM generate_series(1, 1000)');
    expect(many).toMatchObject({ kind: 'rows', truncated: true });
    expect((many as { rows: unknown[] }).rows).toHaveLength(500);
    const [wide] = await test.presenter.execute('a', "SELECT repeat('x', 5000)");
    expect((wide as { rows: string[][] }).rows[0]![0]).toHaveLength(2_000);
  });

  it("completes the node's own tables", async () => {
    await test.sql('b', 'CREATE TABLE "Ibex" (id int, "Horn length" numeric)');
    const tables = await test.presenter.completions('b');
    expect(tables).toMatchObject({
      goat: ['id', 'name', 'coat', 'legs', 'seen_at'],
      Ibex: ['id', 'Horn length'],
    });
    expect(tables).not.toHaveProperty('capra.delta_1');
  });
});
