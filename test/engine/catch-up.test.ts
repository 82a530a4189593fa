import { expect, test } from 'vitest';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';
import { startCluster } from './cluster.ts';
import { startNodes } from './harness.ts';
import { runEngineProcess } from './run-engine-process.ts';

const relations = [{ schema: 'public', table: 'item' }];
const schema = 'create table item (id int primary key, v text, n int)';

test('100,000 rows changed while a node is away reach it when it comes back', {
  timeout: 120_000,
}, async () => {
  const cluster = await startCluster('postgres', 3, schema, relations);
  const server = new URL(cluster.urls.c!);
  const database = server.pathname.slice(1);
  server.pathname = '/postgres';
  const admin = await connectPostgres(server.href, { node: 'server' });
  const reachable = () => cluster.engine.status().nodes.find((node) => node.name === 'c')!.reachable;
  try {
    await admin.script(`alter database ${database} allow_connections false`);
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1::text', [
      database,
    ]);
    await expect.poll(reachable).toBe(false);
    await cluster.sql.a!.script(
      `insert into item select i, md5(i::text), i from generate_series(1, 100000) i`,
    );
    await cluster.sql.b!.script(`insert into item values (0, 'from b', 0)`);
    await cluster.engine.quiet();
    await admin.script(`alter database ${database} allow_connections true`);
    await expect.poll(reachable, { timeout: 20_000 }).toBe(true);
    cluster.sql.c = await cluster.definitions[2]!.connect();
    const rows = await cluster.settle();
    expect(rows).toHaveLength(100_001);
    expect(await cluster.conflicts()).toEqual([]);
  } finally {
    await admin.close();
    await cluster.dispose();
  }
});

test('the memory of the engine does not grow with the number of rows', { timeout: 300_000 }, async () => {
  const rssMiB: Record<number, number> = {};
  for (const rows of [10_000, 1_000_000]) {
    const nodes = await startNodes('postgres', 2, schema);
    try {
      await nodes.sql.a!.script(
        `insert into item select i, md5(i::text), i from generate_series(1, ${rows}) i`,
      );
      const run = await runEngineProcess({ urls: nodes.urls, relations });
      expect(run.code, run.errors).toBe(0);
      expect(await nodes.sql.b!.query('select count(*) as n from item')).toEqual([{ n: String(rows) }]);
      rssMiB[rows] = run.rssMiB!;
    } finally {
      await nodes.dispose();
    }
  }
  expect(rssMiB[1_000_000]!, JSON.stringify(rssMiB)).toBeLessThan(200);
  // What the larger run may use more is the driver's buffers, not the rows: 990,000 of them are over 60 MB of text.
  expect(rssMiB[1_000_000]! - rssMiB[10_000]!, JSON.stringify(rssMiB)).toBeLessThan(50);
});
