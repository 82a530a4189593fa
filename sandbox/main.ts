/** `npm run sandbox`: nodes, engine and pages, until Ctrl-C. */
import { networkInterfaces } from 'node:os';
import { explain } from './cli-explain.ts';
import { parseOptions, type SandboxOptions, usage } from './cli-options.ts';
import { prepareShutdown, type Shutdown } from './cli-shutdown.ts';

let json = process.argv.includes('--json');
const say = (line: string) => void (json ? process.stderr : process.stdout).write(`${line}\n`);
const shutdown = prepareShutdown(say);

async function fail(error: unknown): Promise<void> {
  // What breaks while everything is being stopped is the stop itself.
  if (shutdown.signal.aborted) return;
  if (process.env.CAPRA_DEBUG === '1') console.error(error);
  process.stderr.write(`capra: ${explain(error)}\n`);
  await shutdown.end((error as { code?: unknown })?.code === 'usage' ? 2 : 1);
}
process.on('uncaughtException', (error) => void fail(error));
process.on('unhandledRejection', (error) => void fail(error));

try {
  const options = parseOptions(process.argv.slice(2));
  json = options.json;
  if (options.help) process.stdout.write(usage);
  else await run(options, shutdown);
} catch (error) {
  await fail(error);
}

async function run(options: SandboxOptions, { signal, onEnd }: Shutdown): Promise<void> {
  const began = performance.now();
  // Loaded here, so that a signal finds its handler from the first moment.
  const [{ StageServer }, { chooseProvider }, { upToDateSite }, { Cluster }] = await Promise.all([
    import('./server/server.ts'),
    import('./nodes/choose-provider.ts'),
    import('./cli-site.ts'),
    import('./cluster.ts'),
  ]);
  signal.throwIfAborted();

  // The port comes first: it is what fails most often, and costs nothing.
  const server = new StageServer({ host: options.host, port: options.port });
  onEnd(() => server.close());
  await server.listen();

  const provider = await chooseProvider({
    provider: options.provider,
    image: options.image,
    dataFolder: options.data,
    progress: say,
  });
  onEnd(() => provider.dispose());
  signal.throwIfAborted();

  say(`starting ${options.nodes} nodes`);
  const cluster = new Cluster({ provider, nodes: options.nodes });
  let running = false;
  // A cluster in the middle of its start ends by itself when its nodes do.
  onEnd(async () => void (running && (await cluster.stop())));
  const starting = cluster.start();
  const building = upToDateSite(signal, say);
  // The first of the two to fail ends the run; the other must not fail unheard.
  const [site] = await Promise.all([building, starting]);
  running = true;
  signal.throwIfAborted();
  server.serve(cluster, site);

  const session = cluster.session('presenter', { onTrace: () => {}, onState: () => {} });
  const { state } = await session.open();
  session.close();
  const nodes = state.nodes.map(({ name, connectionString, version }) => ({
    name,
    connectionString,
    version,
  }));
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ url: server.url, provider: provider.kind, token: server.token, nodes })}\n`,
    );
  }
  say(`${provider.label}, started in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  if (options.json) return;
  say(`Capra is ready: ${server.url}`);
  for (const node of nodes) say(`psql '${node.connectionString}'`);
  if (server.token) {
    for (const address of addressesOf(options.host)) {
      say(`attendees:  http://${address}:${server.port}/sandbox`);
      say(`presenter:  http://${address}:${server.port}/sandbox?token=${server.token}`);
    }
  }
  say('Ctrl-C stops and removes everything');
}

/** Where other machines find a server that listens on this address. */
function addressesOf(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host.includes(':') ? `[${host}]` : host];
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
}
