/** The host of a cluster: pages over HTTP, the cluster over a WebSocket at `/rpc`. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { explainListen } from './explain-listen.ts';
import { openSession, type SessionSource } from './rpc-session.ts';
import { commonHeaders } from './security-headers.ts';
import { sendText, staticSite } from './static-site.ts';
import { cookieFor, isLoopback, isOwnHost, isOwnOrigin, roleOf, type VisitorRules } from './visitors.ts';

export interface StageServerOptions {
  /** Address to listen on. */
  host: string;
  /** 0 takes any free one. */
  port: number;
}

const SOCKETS_MAX = 500;
const PING_MS = 30_000;

export class StageServer {
  /** Shown by the presenter who is not at this machine; null when only this machine can connect. */
  readonly token: string | null;
  readonly #options: StageServerOptions;
  readonly #rules: VisitorRules;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 1_000_000,
    perMessageDeflate: false,
  });
  readonly #alive = new WeakSet<WebSocket>();
  #cluster: SessionSource | null = null;
  #site: ReturnType<typeof staticSite> | null = null;
  #ping: NodeJS.Timeout | null = null;

  constructor(options: StageServerOptions) {
    this.#options = options;
    this.token = isLoopback(options.host) ? null : randomBytes(16).toString('hex');
    this.#rules = { host: options.host, port: () => this.port, token: this.token };
    this.#http = createServer({ requestTimeout: 30_000 }, (request, response) => {
      if (!isOwnHost(request.headers.host, this.#rules)) {
        return sendText(response, 421, `This is not the server of ${request.headers.host}.`);
      }
      const path = (request.url ?? '/').split('?')[0];
      if (!this.#cluster || !this.#site)
        return sendText(response, 503, 'Capra is starting.', { 'retry-after': '1' });
      const cookie = cookieFor(request, this.#rules);
      if (cookie) response.setHeader('set-cookie', cookie);
      if (path === '/capra.json') {
        response.writeHead(200, {
          ...commonHeaders,
          'content-type': 'application/json',
          'cache-control': 'no-store',
        });
        return response.end('{"backend":"server"}\n');
      }
      this.#site(request, response).catch(() => {
        if (response.headersSent) response.destroy();
        else sendText(response, 500, 'The page could not be read. Look at the output of the sandbox.');
      });
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** The port that the server has. */
  get port(): number {
    const address = this.#http.address();
    return typeof address === 'object' && address ? address.port : this.#options.port;
  }

  /** Address of the sandbox, for people. */
  get url(): string {
    const { host } = this.#options;
    if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${this.port}/sandbox`;
    const name = host.includes(':') ? `[${host}]` : host;
    return `http://${name}:${this.port}/sandbox`;
  }

  /** Takes the port; answers "starting" until `serve`. @throws {CapraError} with a sentence. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { host, port } = this.#options;
      this.#http.once('error', (error: NodeJS.ErrnoException) => reject(explainListen(error, host, port)));
      this.#http.listen({ host, port, exclusive: true }, () => {
        this.#ping = setInterval(() => this.#dropDead(), PING_MS);
        this.#ping.unref();
        resolve();
      });
    });
  }

  /**
   * From here on pages and sessions are given out.
   * @param site folder of the built site.
   */
  serve(cluster: SessionSource, site: string): void {
    this.#cluster = cluster;
    this.#site = staticSite(site);
  }

  /** Ends every conversation at once and gives the port back. */
  close(): Promise<void> {
    if (this.#ping) clearInterval(this.#ping);
    for (const socket of this.#sockets.clients) socket.terminate();
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const cluster = this.#cluster;
    const refusal = this.#refusal(request);
    if (refusal || !cluster) {
      const status = refusal ?? 503;
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n\r\n`);
      return;
    }
    const role = roleOf(request, this.#rules);
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      this.#alive.add(client);
      client.on('pong', () => this.#alive.add(client));
      client.on('error', () => client.terminate());
      openSession(client, role, cluster);
    });
  }

  /** Status with which a handshake is refused, or null. */
  #refusal(request: IncomingMessage): number | null {
    if ((request.url ?? '').split('?')[0] !== '/rpc') return 404;
    if (!isOwnHost(request.headers.host, this.#rules)) return 421;
    if (!isOwnOrigin(request.headers.origin, this.#rules)) return 403;
    return this.#sockets.clients.size >= SOCKETS_MAX ? 503 : null;
  }

  /** A phone that left the room never says goodbye. */
  #dropDead(): void {
    for (const client of this.#sockets.clients) {
      if (!this.#alive.delete(client)) client.terminate();
      else client.ping();
    }
  }
}
