/** Nodes with a running engine, for tests that watch rows travel. */
import { expect } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import { quoteRelation } from '../../src/engine/sql.ts';
import type { TraceEvent } from '../../src/engine/trace/events.ts';
import type { Engine, EngineOptions, RelationName } from '../../src/engine/types.ts';
import { type Backend, startNodes, type TestNodes } from './harness.ts';

export interface TestCluster extends TestNodes {
  engine: Engine;
  trace: TraceEvent[];
  /** Every row of a table as text, ordered, from each node. */
  rows(table: string): Promise<Record<string, string[]>>;
  /** Waits until the engine is quiet, then expects the same rows everywhere and no versions left; returns them. */
  settle(...tables: string[]): Promise<string[]>;
  conflicts(): Promise<Record<string, string | null>[]>;
}

export async function startCluster(
  backend: Backend,
  count: number,
  schema: string,
  relations: RelationName[],
  options: EngineOptions & { links?: [string, string][] } = {},
): Promise<TestCluster> {
  const nodes = await startNodes(backend, count, schema);
  const trace: TraceEvent[] = [];
  const engine = createEngine(
    { name: 'test', nodes: nodes.definitions, relations, ...(options.links ? { links: options.links } : {}) },
    { trace: (event) => trace.push(event), ...options },
  );
  await engine.start();
  const names = nodes.definitions.map((node) => node.name);
  const rows = async (table: string) =>
    Object.fromEntries(
      await Promise.all(
        names.map(async (name) => {
          const found = await nodes.sql[name]!.query<{ r: string }>(
            `select t::text as r from ${table} t order by t::text collate "C"`,
          );
          return [name, found.map(({ r }) => r)] as const;
        }),
      ),
    );
  return {
    ...nodes,
    engine,
    trace,
    rows,
    async settle(...tables) {
      await withDeadline(engine.quiet(), () =>
        JSON.stringify(trace.findLast((event) => event.type === 'round-failed')),
      );
      let first: string[] = [];
      for (const table of tables.length > 0 ? tables : relations.map(quoteRelation)) {
        const all = await rows(table);
        first = all[names[0]!]!;
        for (const name of names) expect(all[name], `rows of ${table} on node ${name}`).toEqual(first);
      }
      for (const name of names)
        expect(await leftovers(nodes, name), `versions left on node ${name}`).toEqual({});
      return first;
    },
    async conflicts() {
      const found = await Promise.all(
        names.map((name) =>
          nodes.sql[name]!.query<Record<string, string | null>>(
            'select key::text, winner_origin, winner_row::text, loser_origin, loser_row::text from capra.conflict order by id',
          ),
        ),
      );
      return found.flat();
    },
    async dispose() {
      await engine.stop();
      await nodes.dispose();
    },
  };
}

const SETTLE_MS_MAX = 15_000;

async function withDeadline<T>(work: Promise<T>, explain: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not quiet after ${SETTLE_MS_MAX} ms; last failed round: ${explain()}`)),
      SETTLE_MS_MAX,
    );
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}

/** Rows in delta and version tables, where there are any. */
async function leftovers(nodes: TestNodes, name: string): Promise<Record<string, number>> {
  const tables = await nodes.sql[name]!.query<{ t: string }>(
    `select relname as t from pg_class where relnamespace = 'capra'::regnamespace and relname ~ '^(delta|version)_[0-9]+$'`,
  );
  const counts: Record<string, number> = {};
  for (const { t } of tables) {
    const [row] = await nodes.sql[name]!.query<{ n: string }>(`select count(*) as n from capra.${t}`);
    if (row!.n !== '0') counts[t] = Number(row!.n);
  }
  return counts;
}
