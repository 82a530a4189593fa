import { afterEach, describe, expect, it } from 'vitest';
import { Cluster } from '../../sandbox/cluster.ts';
import { EmbeddedProvider } from '../../sandbox/nodes/embedded.ts';
import type { DatabaseNode, NodeProvider } from '../../sandbox/nodes/node-provider.ts';
import { startTestCluster, type TestCluster, until } from './cluster-harness.ts';

describe('when things break', () => {
  let test: TestCluster | null = null;
  afterEach(async () => {
    await test?.stop();
    test = null;
  });

  /** The nodes themselves, to do to them what no session can. */
  async function startWithNodes(): Promise<{ test: TestCluster; nodes: Map<string, DatabaseNode> }> {
    const nodes = new Map<string, DatabaseNode>();
    const provider = new EmbeddedProvider();
    const start = provider.start.bind(provider);
    provider.start = async (spec) => {
      const node = await start(spec);
      nodes.set(spec.name, node);
      return node;
    };
    test = await startTestCluster(provider, 2);
    await test.verdict('equal');
    return { test, nodes };
  }

  it('shows a killed node as lost, tells what waits, and starts it again', async () => {
    const { test, nodes } = await startWithNodes();
    await nodes.get('b')!.kill();
    await until(
      async () => test.state().nodes[1]!.status === 'lost',
      () => JSON.stringify(test.state().nodes),
    );
    expect(test.state().nodes[1]!.error).toMatch(/lost/);
    await test.sql('a', 'DELETE FROM goat WHERE id = 1');
    expect((await test.verdict('blocked')).sentence).toMatch(/node b can not be read/);
    await test.presenter.startNode('b');
    await test.verdict('equal');
    expect(await test.sql('b', 'SELECT count(*) FROM goat')).toEqual([['11']]);
  });

  it('resets although a node was killed', async () => {
    const { test, nodes } = await startWithNodes();
    await nodes.get('a')!.kill();
    await until(
      async () => test.state().nodes[0]!.status === 'lost',
      () => JSON.stringify(test.state().nodes),
    );
    await test.presenter.reset();
    const verdict = await test.verdict('equal');
    expect(verdict.tables[0]!.perNode.map(({ rows }) => rows)).toEqual([12, 12]);
  });

  it('says that a transaction was lost with its session, instead of going on without it', async () => {
    const { test, nodes } = await startWithNodes();
    await test.sql('a', "BEGIN; INSERT INTO goat (id, name) VALUES (30, 'lost')");
    const engine = await nodes.get('a')!.connect();
    await engine.query(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'speaker'",
    );
    await engine.close();
    const results = await test.presenter.execute('a', 'COMMIT');
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ kind: 'error' });
    const next = await test.presenter.execute('a', 'SELECT count(*) FROM goat WHERE id = 30');
    const told = [...results, ...next].filter((result) => result.kind === 'error');
    expect(told.map((result) => (result as { message: string }).message).join()).toMatch(
      /rolled back|does not answer|terminat/,
    );
    expect(await test.sql('a', 'SELECT count(*) FROM goat WHERE id = 30')).toEqual([['0']]);
  });

  it('ends although somebody holds a lock that a round waits for', async () => {
    const { test, nodes } = await startWithNodes();
    const stranger = await nodes.get('b')!.connectAsSpeaker();
    await stranger.begin('read committed');
    await stranger.script('LOCK TABLE goat IN ACCESS EXCLUSIVE MODE');
    await test.sql('a', 'DELETE FROM goat WHERE id = 1');
    await until(
      async () => test.state().links[0]!.busyFrom !== null,
      () => JSON.stringify(test.state().links),
    );
    const began = performance.now();
    await test.stop();
    expect(performance.now() - began).toBeLessThan(10_000);
    await stranger.close();
  });

  it('rejects a start that fails, with the reason for every page that asks', async () => {
    const provider: NodeProvider = {
      kind: 'embedded',
      label: 'broken',
      start: () => Promise.reject(new Error('the disk is full')),
      dispose: async () => {},
    };
    const cluster = new Cluster({ provider, nodes: 2 });
    const session = cluster.session('presenter', { onTrace: () => {}, onState: () => {} });
    await expect(cluster.start()).rejects.toThrow('the disk is full');
    await expect(session.open()).rejects.toThrow('the disk is full');
    await expect(session.execute('a', 'SELECT 1')).rejects.toThrow(/ended|stopped/);
  });
});
