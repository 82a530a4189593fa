/** Nodes for tests: databases of one real PostgreSQL server, or PGlite instances loaded from one dump. */
import { PGlite } from '@electric-sql/pglite';
import { inject } from 'vitest';
import type { Connect, Connection } from '../../src/engine/ports/connection.ts';
import { connectPglite } from '../../src/engine/ports/pglite.ts';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';
import type { NodeDefinition } from '../../src/engine/types.ts';

export type Backend = 'postgres' | 'pglite';

/** Where a test runs that is the same everywhere. On a server that was named, PGlite would only be tested again. */
export const backends: Backend[] = process.env.CAPRA_TEST_SERVER ? ['postgres'] : ['postgres', 'pglite'];

export interface TestNodes {
  definitions: NodeDefinition[];
  /** A session of the test's own on each node, by name. */
  sql: Record<string, Connection>;
  /** URL of each node, by name; null on PGlite. */
  urls: Record<string, string | null>;
  dispose(): Promise<void>;
}

/** Starts nodes `a`, `b`, ... and runs `schema` on each. */
export async function startNodes(backend: Backend, count: number, schema: string): Promise<TestNodes> {
  const names = 'abcdefgh'.slice(0, count).split('');
  const started = await Promise.all(
    names.map((name) => (backend === 'postgres' ? startDatabase(name) : startPglite(name))),
  );
  const sql: Record<string, Connection> = {};
  for (const node of started) {
    sql[node.name] = await node.connect();
    await sql[node.name]!.script(schema);
  }
  return {
    definitions: started.map((node, index) => ({ id: index + 1, name: node.name, connect: node.connect })),
    sql,
    urls: Object.fromEntries(started.map((node) => [node.name, node.url])),
    async dispose() {
      await Promise.all(Object.values(sql).map((session) => session.close()));
      await Promise.all(started.map((node) => node.dispose()));
    },
  };
}

interface StartedNode {
  name: string;
  url: string | null;
  connect: Connect;
  dispose(): Promise<void>;
}

let databases = 0;

async function startDatabase(name: string): Promise<StartedNode> {
  const server = inject('serverUrl');
  const database = `test_${process.pid}_${++databases}_${name}`;
  const admin = await connectPostgres(`${server}/postgres`, { node: 'server' });
  await admin.script(`create database ${database} template template0 encoding 'UTF8' strategy wal_log`);
  const url = `${server}/${database}`;
  return {
    name,
    url,
    connect: () => connectPostgres(url, { node: name }),
    async dispose() {
      await admin.script(`drop database if exists ${database} with (force)`);
      await admin.close();
    },
  };
}

let dump: Promise<Blob> | undefined;

async function startPglite(name: string): Promise<StartedNode> {
  dump ??= makeDump();
  const database = await PGlite.create({
    loadDataDir: await dump,
    startParams: [...PGlite.defaultStartParams, '-c', 'track_commit_timestamp=on'],
  });
  return {
    name,
    url: null,
    connect: () => connectPglite(database, { node: name }),
    dispose: () => database.close(),
  };
}

async function makeDump(): Promise<Blob> {
  const database = await PGlite.create();
  const blob = await database.dumpDataDir('none');
  await database.close();
  return blob;
}
