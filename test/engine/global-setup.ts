import type { TestProject } from 'vitest/node';
import { startTestServer } from './server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    serverUrl: string;
  }
}

/** Starts the server of the engine tests, or takes the one that `CAPRA_TEST_SERVER` names (a superuser's URL without database). */
export default async function setup(project: TestProject) {
  const given = process.env.CAPRA_TEST_SERVER;
  if (given) {
    project.provide('serverUrl', given);
    return;
  }
  const server = await startTestServer();
  project.provide('serverUrl', server.url);
  return () => server.stop();
}
