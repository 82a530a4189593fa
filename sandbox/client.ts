/** The page's side of a cluster: finds out where it lives and talks to it in the same words wherever that is. */
import { createBirpc } from 'birpc';
import { siteBase } from './browser/site-base.ts';
import type { ClusterApi, ClusterListener } from './protocol.ts';

export interface ClientListener extends ClusterListener {
  /** The connection is gone, with a reason for people. Connect again to go on; `close()` does not call this. */
  onLost?(why: string): void;
}

export interface ClusterConnection {
  api: ClusterApi;
  /** Where the nodes run: on the server that sent the page, or in this browser. */
  backend: 'server' | 'browser';
  /** Ends the conversation; in the browser the nodes end with it. */
  close(): void;
}

/** Without an answer for this long a call has failed; resets and big scripts take their time. */
const CALL_MS_MAX = 120_000;

/** @throws Error with a sentence for people. */
export async function connectCluster(listener: ClientListener): Promise<ClusterConnection> {
  const base = siteBase();
  return (await findBackend(base)) === 'server' ? connectServer(base, listener) : startWorker(listener);
}

/** The site says it in `capra.json`: a static host has the file of the build, a sandbox answers for itself. */
async function findBackend(base: string): Promise<'server' | 'browser'> {
  const url = new URL('capra.json', base);
  const response = await fetch(url, { cache: 'no-store' }).catch(() => null);
  if (!response?.ok) {
    throw new Error(
      `The site does not answer (${url.pathname}${response ? `: ${response.status}` : ''}). Start the sandbox again, or check the connection.`,
    );
  }
  const { backend } = (await response.json()) as { backend?: string };
  return backend === 'server' ? 'server' : 'browser';
}

async function connectServer(base: string, listener: ClientListener): Promise<ClusterConnection> {
  const url = new URL('/rpc', base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url);
  let closed = false;
  const api = createBirpc<ClusterApi, ClusterListener>(eventsOf(listener), {
    post: (message) => socket.send(message),
    on: (receive) => socket.addEventListener('message', (event) => receive(event.data)),
    serialize: JSON.stringify,
    deserialize: parse,
    timeout: CALL_MS_MAX,
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener(
      'close',
      () =>
        reject(new Error('The sandbox refused the connection, or has too many visitors. Try again soon.')),
      { once: true },
    );
  });
  socket.addEventListener('close', (event) => {
    const why = `The sandbox ended the connection${event.reason ? ` (${event.reason})` : ''}.`;
    api.$close(new Error(why));
    if (!closed) listener.onLost?.(why);
  });
  return {
    api,
    backend: 'server',
    close() {
      closed = true;
      socket.close();
    },
  };
}

function startWorker(listener: ClientListener): ClusterConnection {
  const worker = new Worker(new URL('./browser/worker.ts', import.meta.url), { type: 'module' });
  const api = createBirpc<ClusterApi, ClusterListener>(eventsOf(listener), {
    post: (message) => worker.postMessage(message),
    on: (receive) => worker.addEventListener('message', (event) => receive(event.data)),
    timeout: CALL_MS_MAX,
  });
  worker.addEventListener('error', (event) => {
    const why = `The nodes in this browser ended${event.message ? ` (${event.message})` : ''}.`;
    api.$close(new Error(why));
    worker.terminate();
    listener.onLost?.(why);
  });
  return {
    api,
    backend: 'browser',
    close() {
      api.$close(new Error('The page has let go of its nodes.'));
      worker.terminate();
    },
  };
}

/** Only these two, whatever else the listener has: the other side may call nothing more. */
function eventsOf(listener: ClientListener): ClusterListener {
  return {
    onTrace: (events) => listener.onTrace(events),
    onState: (state) => listener.onState(state),
  };
}

/** Errors travel as plain objects. */
function parse(text: string): unknown {
  const message = JSON.parse(text) as { e?: { message?: string; name?: string } };
  if (message.e) message.e = Object.assign(new Error(message.e.message), message.e);
  return message;
}
