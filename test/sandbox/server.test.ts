import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Cluster } from '../../sandbox/cluster.ts';
import { EmbeddedProvider } from '../../sandbox/nodes/embedded.ts';
import { StageServer } from '../../sandbox/server/server.ts';

const script = `document.title = 'started'`;
let site: string;
let secretFolder: string;
let provider: EmbeddedProvider;
let cluster: Cluster;
let server: StageServer;
let open: StageServer;

beforeAll(async () => {
  secretFolder = mkdtempSync(join(tmpdir(), 'capra-secret-'));
  site = join(secretFolder, 'site');
  mkdirSync(join(site, 'sandbox'), { recursive: true });
  mkdirSync(join(site, '_astro'));
  writeFileSync(join(secretFolder, 'secret.txt'), 'secret');
  writeFileSync(join(site, 'index.html'), '<!doctype html><title>home</title>');
  writeFileSync(join(site, '404.html'), '<!doctype html><title>lost</title>');
  writeFileSync(
    join(site, 'sandbox', 'index.html'),
    `<!doctype html><title>stage</title><script>${script}</script>`,
  );
  writeFileSync(join(site, '_astro', 'page.abc123.js'), 'export {};');
  writeFileSync(join(site, 'pglite.wasm'), '\0asm');
  writeFileSync(join(site, 'capra.json'), '{"backend":"browser"}');
  writeFileSync(join(site, '.env'), 'secret');
  symlinkSync(join(secretFolder, 'secret.txt'), join(site, 'link.txt'));

  provider = new EmbeddedProvider();
  cluster = new Cluster({ provider, nodes: 2 });
  server = new StageServer({ host: '127.0.0.1', port: 0 });
  open = new StageServer({ host: '0.0.0.0', port: 0 });
  await Promise.all([cluster.start(), server.listen(), open.listen()]);
  server.serve(cluster, site);
  open.serve(cluster, site);
});

afterAll(async () => {
  await Promise.all([server?.close(), open?.close()]);
  await cluster?.stop();
  await provider?.dispose();
  rmSync(secretFolder, { recursive: true, force: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A request as it is, without the tidying of `fetch`. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the pages', () => {
  test.each([
    ['/', 'home', 'text/html; charset=utf-8'],
    ['/sandbox', 'stage', 'text/html; charset=utf-8'],
    ['/sandbox/', 'stage', 'text/html; charset=utf-8'],
    ['/sandbox?token=x', 'stage', 'text/html; charset=utf-8'],
    ['/_astro/page.abc123.js', 'export', 'text/javascript; charset=utf-8'],
    ['/pglite.wasm', 'asm', 'application/wasm'],
  ])('%s is served with its type', async (path, text, type) => {
    const answer = await get(path);
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining(text) });
    expect(answer.headers).toMatchObject({ 'content-type': type, 'x-content-type-options': 'nosniff' });
  });

  test('what has a hash in its name is kept for ever, the rest is asked for again', async () => {
    expect((await get('/_astro/page.abc123.js')).headers['cache-control']).toContain('immutable');
    const page = await get('/');
    expect(page.headers['cache-control']).toBe('no-cache');
    const again = await get('/', { 'if-none-match': String(page.headers.etag) });
    expect(again).toMatchObject({ status: 304, text: '' });
  });

  test('an unknown address gets the page for it', async () => {
    expect(await get('/nowhere')).toMatchObject({ status: 404, text: expect.stringContaining('lost') });
  });

  test('capra.json says that the nodes are on the server, whatever the static file says', async () => {
    expect(JSON.parse((await get('/capra.json')).text)).toEqual({ backend: 'server' });
  });

  test('a page may run its own scripts, WebAssembly and workers, and nothing else', async () => {
    const policy = String((await get('/sandbox')).headers['content-security-policy']);
    expect(policy).toContain(`script-src 'self' 'wasm-unsafe-eval' 'sha256-`);
    expect(policy).toContain(`worker-src 'self' blob:`);
    expect(policy).toContain(`frame-ancestors 'self'`);
    expect(policy.match(/script-src[^;]*/)?.[0]).not.toContain('unsafe-inline');
  });

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/sandbox/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '//../secret.txt',
    '/link.txt',
    '/.env',
    '/secret.txt%00.html',
    '/%',
  ])('nothing outside the site can be read: %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain('secret');
  });

  test('only reading is allowed', async () => {
    expect(await get('/', {}, 'POST')).toMatchObject({ status: 405 });
    expect(await get('/', {}, 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '198.51.100.4'])(
    'a name that is not ours is refused (DNS rebinding): %s',
    async (host) => {
      expect((await get('/', { host: `${host}:${server.port}` })).status).toBe(421);
      expect((await get('/capra.json', { host })).status).toBe(421);
    },
  );

  test('before the nodes are ready it says so', async () => {
    const early = new StageServer({ host: '127.0.0.1', port: 0 });
    await early.listen();
    const answer = await fetch(`http://127.0.0.1:${early.port}/`);
    expect(answer.status).toBe(503);
    await early.close();
  });

  test('a port that is taken, and an address that is not ours, get one sentence', async () => {
    const second = new StageServer({ host: '127.0.0.1', port: server.port });
    await expect(second.listen()).rejects.toThrow(`port ${server.port} on 127.0.0.1 is in use`);
    await expect(new StageServer({ host: '203.0.113.7', port: 0 }).listen()).rejects.toThrow(
      '--host 0.0.0.0',
    );
  });
});

/** A client of the protocol without our own code in it. */
class Client {
  readonly #socket: WebSocket;
  readonly #answers = new Map<string, (answer: { r?: unknown; e?: { message: string } }) => void>();
  readonly closed: Promise<number>;
  #calls = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString());
      if (message.t === 's') this.#answers.get(message.i)?.(message);
    });
  }

  static open(url: string, headers: Record<string, string> = {}): Promise<Client> {
    const socket = new WebSocket(url, { headers });
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(new Client(socket)));
      socket.on('error', reject);
    });
  }

  call(m: string, ...a: unknown[]): Promise<unknown> {
    const i = String(++this.#calls);
    return new Promise((resolve, reject) => {
      this.#answers.set(i, ({ r, e }) => (e ? reject(new Error(e.message)) : resolve(r)));
      this.send(JSON.stringify({ t: 'q', i, m, a }));
    });
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.close();
  }
}

describe('the conversation with the cluster', () => {
  const url = () => `ws://127.0.0.1:${server.port}/rpc`;

  test('a presenter at this machine sees the nodes and writes on one', async () => {
    const client = await Client.open(url(), { origin: `http://127.0.0.1:${server.port}` });
    expect(await client.call('open')).toMatchObject({ state: { role: 'presenter', backend: 'embedded' } });
    expect(await client.call('execute', 'a', 'select 1 as one')).toMatchObject([
      { kind: 'rows', rows: [['1']] },
    ]);
    await client.call('pause');
    await client.call('resume');
    client.close();
  });

  test.each([
    ['a page of another site', { origin: 'http://evil.example' }],
    ['a page on another port', { origin: 'http://127.0.0.1:1' }],
    ['a page without an origin', { origin: 'null' }],
    ['a name that is not ours', { host: 'evil.example' }],
  ])('%s is refused', async (_, headers) => {
    await expect(Client.open(url(), headers)).rejects.toThrow(/Unexpected server response: 4\d\d/);
  });

  test('another path has no conversation', async () => {
    await expect(Client.open(`ws://127.0.0.1:${server.port}/other`)).rejects.toThrow('404');
  });

  test('only the functions of the cluster can be called', async () => {
    const client = await Client.open(url());
    for (const name of [
      'constructor',
      'hasOwnProperty',
      '__proto__',
      'toString',
      'close',
      'session',
      'nothing',
    ]) {
      await expect(client.call(name), name).rejects.toThrow('not found');
    }
    await expect(client.call('execute', 'a', { toString: 1 })).rejects.toThrow('texts only');
    await expect(client.call('execute', 'a', 'x'.repeat(100_001))).rejects.toThrow('longer than');
    client.close();
  });

  test('an error arrives as a sentence without a stack', async () => {
    const client = await Client.open(url());
    await expect(client.call('execute', 'nowhere', 'select 1')).rejects.toThrow(/no node/i);
    client.close();
  });

  test.each([
    ['what is no JSON', 'nonsense'],
    ['what is no call', '{"t":"x"}'],
    ['null', 'null'],
    ['a message of more than a megabyte', 'x'.repeat(1_000_001)],
  ])('%s ends the conversation, not the server', async (_, text) => {
    const client = await Client.open(url());
    client.send(text);
    expect(await client.closed).toBeGreaterThanOrEqual(1007);
    expect((await get('/')).status).toBe(200);
  });

  test('a flood of messages ends the conversation', async () => {
    const client = await Client.open(url());
    for (let n = 0; n < 200; n++) client.send(`{"t":"q","m":"kick","a":[]}`);
    expect(await client.closed).toBe(1008);
  });

  test('a handshake that breaks off does no harm', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    socket.write('GET /rpc HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nhost: evil\r\n\r\n');
    socket.destroy();
    expect((await get('/')).status).toBe(200);
  });
});

describe('a server that the network reaches', () => {
  const stranger = { 'x-forwarded-for': '198.51.100.4' };
  const url = () => `ws://127.0.0.1:${open.port}/rpc`;

  test('gives strangers the rows and nothing else', async () => {
    const client = await Client.open(url(), stranger);
    const { state } = (await client.call('open')) as {
      state: { role: string; nodes: { connectionString: unknown }[] };
    };
    expect(state.role).toBe('attendee');
    // The speaker's password is in it.
    expect(state.nodes.map(({ connectionString }) => connectionString)).toEqual([null, null]);
    expect(await client.call('execute', 'a', `update goat set legs = 3 where id = 1`)).toMatchObject([
      { kind: 'command' },
    ]);
    expect(await client.call('execute', 'a', 'drop table goat')).toMatchObject([
      { kind: 'error', sqlstate: '42501' },
    ]);
    for (const name of ['cutLink', 'healLink', 'pause', 'resume', 'kick', 'stopNode', 'startNode', 'reset']) {
      await expect(client.call(name, 'a', 'b'), name).rejects.toThrow('only the presenter');
    }
    client.close();
  });

  test('takes the token for the presenter, from the address or from the cookie that a page sets', async () => {
    const byAddress = await Client.open(`${url()}?token=${open.token}`, stranger);
    expect(await byAddress.call('open')).toMatchObject({ state: { role: 'presenter' } });
    byAddress.close();

    const page = await fetch(`http://127.0.0.1:${open.port}/sandbox?token=${open.token}`, {
      headers: stranger,
    });
    const cookie = String(page.headers.get('set-cookie'));
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    const byCookie = await Client.open(url(), { ...stranger, cookie: cookie.split(';')[0] ?? '' });
    expect(await byCookie.call('open')).toMatchObject({ state: { role: 'presenter' } });
    byCookie.close();

    const wrong = await Client.open(`${url()}?token=${'0'.repeat(32)}`, stranger);
    expect(await wrong.call('open')).toMatchObject({ state: { role: 'attendee' } });
    wrong.close();
  });

  test('takes whoever comes over the network for a stranger', async ({ skip }) => {
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4');
    if (!outside) return skip('this machine has no network');
    const client = await Client.open(`ws://${outside.address}:${open.port}/rpc`);
    expect(await client.call('open')).toMatchObject({ state: { role: 'attendee' } });
    client.close();
  });
});
