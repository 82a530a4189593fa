/** Whole clusters for tests: real nodes, the real engine, one presenter who watches. */
import { bakedDataDirectory } from '../../sandbox/bake.ts';
import type { ClusterSession } from '../../sandbox/cluster/session.ts';
import { Cluster } from '../../sandbox/cluster.ts';
import { EmbeddedProvider } from '../../sandbox/nodes/embedded.ts';
import type { NodeProvider } from '../../sandbox/nodes/node-provider.ts';
import { PgliteProvider } from '../../sandbox/nodes/pglite.ts';
import type { ClusterState, StatementResult, Verdict } from '../../sandbox/protocol.ts';
import type { TraceEvent } from '../../src/engine/trace/events.ts';

export type TestBackend = 'embedded' | 'pglite';

export interface TestCluster {
  cluster: Cluster;
  provider: NodeProvider;
  presenter: ClusterSession;
  trace: TraceEvent[];
  /** As it was pushed last. */
  state(): ClusterState;
  /** Runs SQL as the presenter and expects that it works; gives the rows of its last statement. */
  sql(node: string, script: string): Promise<(string | null)[][]>;
  /** Polls until the verdict has this status. */
  verdict(status: Verdict['status']): Promise<Verdict>;
  stop(): Promise<void>;
}

const DEADLINE_MS = 20_000;
const POLL_MS = 20;

/** @param backend where the nodes run, or the provider that starts them */
export async function startTestCluster(backend: TestBackend | NodeProvider, nodes = 3): Promise<TestCluster> {
  const provider = typeof backend === 'string' ? makeProvider(backend) : backend;
  const cluster = new Cluster({ provider, nodes });
  const trace: TraceEvent[] = [];
  let state: ClusterState | null = null;
  const presenter = cluster.session('presenter', {
    onTrace: (events) => void trace.push(...events),
    onState: (pushed) => {
      state = pushed;
    },
  });
  await cluster.start();
  return {
    cluster,
    provider,
    presenter,
    trace,
    state: () => state!,
    async sql(node, script) {
      const last = (await presenter.execute(node, script)).at(-1);
      if (!last || last.kind === 'error') throw new Error(`on ${node}: ${inWords(last)}`);
      return last.kind === 'rows' ? last.rows : [];
    },
    verdict: (status) =>
      until(
        async () => {
          const verdict = await presenter.verdict();
          return verdict.status === status ? verdict : null;
        },
        async () => JSON.stringify(await presenter.verdict()),
      ),
    async stop() {
      await cluster.stop();
    },
  };
}

function makeProvider(backend: TestBackend): NodeProvider {
  if (backend === 'embedded') return new EmbeddedProvider();
  return new PgliteProvider(async () => ({ dataDirectory: await bakedDataDirectory() }));
}

/** Polls until `look` gives something, with a deadline whose error tells what was there instead. */
export async function until<T>(
  look: () => Promise<T | null | undefined | false>,
  explain: () => Promise<string> | string,
): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadline) {
      throw new Error(`not so after ${DEADLINE_MS} ms; instead: ${await explain()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function inWords(result: StatementResult | undefined): string {
  return result?.kind === 'error' ? `${result.message} in ${result.statement}` : 'no statement';
}
