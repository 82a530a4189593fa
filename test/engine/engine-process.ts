/**
 * An engine in a process of its own, for tests that kill it or weigh it. Arguments: a JSON object with `urls` (node
 * name to URL), `relations`, and `killAt`: the type of the trace event at which the process kills itself with SIGKILL.
 * Prints `{"quiet": true, "rssMiB": ...}` when nothing waits any more, and ends when its input ends.
 */
import { createEngine } from '../../src/engine/engine.ts';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';
import type { RelationName } from '../../src/engine/types.ts';

interface Order {
  urls: Record<string, string>;
  relations: RelationName[];
  killAt?: string;
}

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
const engine = createEngine(
  {
    name: 'test',
    nodes: Object.entries(order.urls).map(([name, url], index) => ({
      id: index + 1,
      name,
      connect: () => connectPostgres(url, { node: name }),
    })),
    relations: order.relations,
  },
  {
    trace: (event) => {
      if (event.type === order.killAt) process.kill(process.pid, 'SIGKILL');
    },
  },
);
await engine.start();
await engine.quiet();
console.log(JSON.stringify({ quiet: true, rssMiB: process.resourceUsage().maxRSS / 1024 }));
await engine.stop();
