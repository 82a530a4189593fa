import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterConnection } from '../../sandbox/client.ts';
import type { ClusterState, Verdict } from '../../sandbox/protocol.ts';
import { chromiumPath, noChromium } from '../chromium.ts';
import { openPage, type TestPage } from './browser-harness.ts';

/** What the fixture page keeps; see `fixtures/browser-page/main.ts`. */
declare const page: {
  connection: ClusterConnection;
  api: ClusterConnection['api'];
  seen: { state: ClusterState | null; trace: { type: string }[]; lost: string[] };
  firstRows: Promise<{ one: number; all: number }>;
};

// In CI its absence is a failure: the start of the browser says so.
describe.skipIf(chromiumPath === undefined && !process.env.CI)(
  `a cluster in a browser, without any server${chromiumPath ? '' : `: ${noChromium}`}`,
  () => {
    let test: TestPage;

    beforeAll(async () => {
      test = await openPage();
    }, 120_000);
    afterAll(() => test?.close());

    const verdict = (status: Verdict['status']): Promise<Verdict> =>
      test.page.evaluate(async (wanted) => {
        const deadline = performance.now() + 20_000;
        for (;;) {
          const found = await page.api.verdict();
          if (found.status === wanted) return found;
          if (performance.now() > deadline) throw new Error(`not ${wanted}: ${JSON.stringify(found)}`);
          await new Promise((resolve) => setTimeout(resolve, 25));
        }
      }, status);
    const sql = (node: string, script: string) =>
      test.page.evaluate(([node, script]) => page.api.execute(node!, script!), [node, script]);

    it('shows rows of all nodes soon after the download', async () => {
      const { one, all } = await test.page.evaluate(() => page.firstRows);
      expect(all).toBeGreaterThanOrEqual(one);
      await verdict('equal');
      const state = await test.page.evaluate(() => page.seen.state);
      expect(state).toMatchObject({ backend: 'browser', role: 'presenter', engine: 'running' });
      expect(state!.backendLabel).toMatch(/^PostgreSQL 18\.\d+ as WebAssembly/);
      expect(await test.page.evaluate(() => page.connection.backend)).toBe('browser');
    });

    it('replicates, resolves a conflict and tells of it', async () => {
      await test.page.evaluate(async () => {
        await page.api.cutLink('a', 'b');
        await page.api.cutLink('a', 'c');
      });
      await sql('a', "UPDATE goat SET name = 'north' WHERE id = 2");
      await sql('c', "UPDATE goat SET name = 'south' WHERE id = 2");
      await verdict('blocked');
      await test.page.evaluate(async () => {
        await page.api.healLink('a', 'b');
        await page.api.healLink('a', 'c');
      });
      const found = await verdict('equal');
      expect(found.conflicts).toHaveLength(1);
      expect(found.conflicts[0]!.winner).toMatchObject({ origin: 'c', row: { name: 'south' } });
      expect(await sql('a', 'SELECT name FROM goat WHERE id = 2')).toMatchObject([{ rows: [['south']] }]);
      expect(await test.page.evaluate(() => page.seen.trace.some((event) => event.type === 'conflict'))).toBe(
        true,
      );
    });

    it('stops a node, starts it on its own data, and catches up', async () => {
      await test.page.evaluate(() => page.api.stopNode('b'));
      const refusal = test.page.evaluate(() =>
        page.api.execute('b', 'SELECT 1').then(
          () => 'worked',
          (error: Error) => error.message,
        ),
      );
      expect(await refusal).toBe('Node b is stopped. Start it again to use it.');
      await sql('a', 'DELETE FROM goat WHERE id = 3');
      await verdict('blocked');
      await test.page.evaluate(() => page.api.startNode('b'));
      await verdict('equal');
      expect(await sql('b', 'SELECT count(*) FROM goat')).toMatchObject([{ rows: [['11']] }]);
    });

    it('resets', async () => {
      await test.page.evaluate(() => page.api.reset());
      const found = await verdict('equal');
      expect(found.conflicts).toEqual([]);
      expect(found.tables[0]!.perNode.map((one) => one.rows)).toEqual([12, 12, 12]);
    });

    it('ends with the page, without a word in the console', async () => {
      await test.page.evaluate(() => page.connection.close());
      expect(await test.page.evaluate(() => page.seen.lost)).toEqual([]);
      expect(test.problems).toEqual([]);
    });
  },
);
