/** The databases that `with-server.ts` has made. */
import process from 'node:process';
import type { Connection } from '../../src/engine/ports/connection.ts';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';
import type { NodeDefinition } from '../../src/engine/types.ts';

const urls = (process.env.CAPRA_TEST_URLS ?? '').split(' ').filter((url) => url !== '');
if (urls.length < 3) {
  throw new Error(
    'CAPRA_TEST_URLS must hold the URLs of three empty databases. Run `deno task test`, which makes them.',
  );
}

/** Nodes a, b and c, for the engine. */
export const definitions: NodeDefinition[] = ['a', 'b', 'c'].map((name, index) => ({
  id: index + 1,
  name,
  connect: () => connectPostgres(urls[index]!, { node: name }),
}));

/** Opens a session on each node and closes them after `work`. */
export async function withSessions(
  work: (sessions: Record<string, Connection>) => Promise<void>,
): Promise<void> {
  const sessions: Record<string, Connection> = {};
  for (const { name, connect } of definitions) sessions[name] = await connect();
  try {
    await work(sessions);
  } finally {
    await Promise.all(Object.values(sessions).map((session) => session.close()));
  }
}

/** Fails, instead of waiting for ever, where `promise` takes longer than `ms`. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing happened for ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
