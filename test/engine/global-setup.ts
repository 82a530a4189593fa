import { PostgreSqlContainer } from '@testcontainers/postgresql';
import type { TestProject } from 'vitest/node';
import { startTestServer, type TestServer } from './server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    serverUrl: string;
  }
}

/**
 * Starts the server of the engine tests. `CAPRA_TEST_SERVER` chooses another one: `docker` a container of the image
 * `CAPRA_TEST_IMAGE`, anything else is the URL of a superuser without a database name.
 */
export default async function setup(project: TestProject) {
  const wanted = process.env.CAPRA_TEST_SERVER;
  if (wanted && wanted !== 'docker') {
    project.provide('serverUrl', wanted);
    return;
  }
  const server = wanted === 'docker' ? await startContainer() : await startTestServer();
  project.provide('serverUrl', server.url);
  return () => server.stop();
}

async function startContainer(): Promise<TestServer> {
  const container = await new PostgreSqlContainer(process.env.CAPRA_TEST_IMAGE ?? 'postgres:18')
    .withCommand([
      'postgres',
      '-c',
      'max_connections=200',
      '-c',
      'track_commit_timestamp=on',
      '-c',
      'fsync=off',
    ])
    .start();
  const url = new URL(container.getConnectionUri());
  url.pathname = '';
  return { url: url.href.replace(/\/$/, ''), stop: async () => void (await container.stop()) };
}
