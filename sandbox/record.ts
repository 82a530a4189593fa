/**
 * Records a real run as `src/content/traces/first-change.trace.json`: the front page plays it, and the sandbox page
 * while PGlite loads. Run it by hand when what the engine tells has changed: `node sandbox/record.ts`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TraceEvent } from '../src/engine/trace/events.ts';
import type { ClusterSession } from './cluster/session.ts';
import { Cluster } from './cluster.ts';
import { EmbeddedProvider } from './nodes/embedded.ts';
import type { Comparison, Verdict } from './protocol.ts';

/** Plain data; times are milliseconds since the recording began. */
export interface Recording {
  nodes: string[];
  links: [string, string][];
  events: TraceEvent[];
  /** The rows on all nodes after each step of the story. */
  rows: { at: number; tables: Comparison[] }[];
}

const file = fileURLToPath(new URL('../src/content/traces/first-change.trace.json', import.meta.url));
/** Long enough to read one sentence before the next thing happens. */
const PAUSE_MS = 1_200;
const SETTLE_MS_MAX = 20_000;

const story: ((cluster: ClusterSession) => Promise<unknown>)[] = [
  (cluster) => run(cluster, 'a', "INSERT INTO goat (id, name, coat) VALUES (13, 'Luna', 'moonlight')"),
  async (cluster) => {
    await cluster.cutLink('a', 'c');
    await cluster.cutLink('b', 'c');
  },
  (cluster) => run(cluster, 'a', "UPDATE goat SET coat = 'summer' WHERE id = 7"),
  (cluster) => run(cluster, 'c', "UPDATE goat SET coat = 'winter' WHERE id = 7"),
  async (cluster) => {
    await cluster.healLink('a', 'c');
    await cluster.healLink('b', 'c');
  },
];

const provider = new EmbeddedProvider();
const cluster = new Cluster({ provider, nodes: 3 });
const events: TraceEvent[] = [];
const session = cluster.session('presenter', {
  onTrace: (batch) => void events.push(...batch),
  onState: () => {},
});
try {
  await cluster.start();
  await settle(session, ['equal']);
  const { state } = await session.open();
  events.length = 0;
  const began = Date.now();
  const rows: Recording['rows'] = [{ at: 0, tables: await session.compare() }];
  for (const step of story) {
    await step(session);
    await settle(session, ['equal', 'blocked']);
    rows.push({ at: Date.now() - began, tables: await session.compare() });
    await delay(PAUSE_MS);
  }
  await session.open();
  const recording: Recording = {
    nodes: state.nodes.map((node) => node.name),
    links: state.links.map(({ a, b }) => [a, b]),
    events: events
      .filter((event) => event.at >= began)
      .map((event, index) => ({ ...event, seq: index + 1, at: event.at - began })),
    rows,
  };
  await mkdir(fileURLToPath(new URL('../src/content/traces/', import.meta.url)), { recursive: true });
  await writeFile(file, `${JSON.stringify(recording)}\n`);
  const conflicts = recording.events.filter((event) => event.type === 'conflict').length;
  console.log(`${recording.events.length} events, ${conflicts} conflict(s), ${rows.at(-1)!.at} ms`);
} finally {
  await cluster.stop();
}

async function run(cluster: ClusterSession, node: string, sql: string): Promise<void> {
  const result = (await cluster.execute(node, sql)).at(-1);
  if (result?.kind === 'error') throw new Error(`The recording failed on node ${node}: ${result.message}`);
}

/** What can travel has travelled. */
async function settle(cluster: ClusterSession, wanted: Verdict['status'][]): Promise<void> {
  const deadline = Date.now() + SETTLE_MS_MAX;
  for (;;) {
    const verdict = await cluster.verdict();
    if (wanted.includes(verdict.status)) return;
    if (Date.now() > deadline) throw new Error(`The recording got stuck: ${verdict.sentence}`);
    await delay(20);
  }
}
