/** The whole cluster in a browser: three PGlite nodes and the engine, off the page's thread. */
import { createBirpc } from 'birpc';
import { Cluster } from '../cluster.ts';
import { PgliteProvider } from '../nodes/pglite.ts';
import type { ClusterApi, ClusterListener } from '../protocol.ts';
import { fetchAssets } from './assets.ts';
import { plainErrors } from './plain-errors.ts';
import { siteBase } from './site-base.ts';

const NODES = 3;

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const provider = new PgliteProvider(() => fetchAssets(siteBase()));
const cluster = new Cluster({ provider, nodes: NODES });

const session = cluster.session('presenter', {
  onTrace: (events) => void page.onTrace(events),
  onState: (state) => void page.onState(state),
});

const page = createBirpc<ClusterListener, ClusterApi>(plainErrors(session), {
  eventNames: ['onTrace', 'onState'],
  post: (message) => scope.postMessage(message),
  on: (receive) => scope.addEventListener('message', (event) => receive(event.data)),
  timeout: -1,
});

// `open` rejects with the reason, and every later state shows it.
cluster.start().catch((error: unknown) => console.warn('The nodes did not start.', error));
