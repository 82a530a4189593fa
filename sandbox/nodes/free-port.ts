/** Ports for nodes. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { CapraError } from '../../src/engine/errors.ts';

/**
 * A TCP port that is free now. Taken from below the ephemeral ranges of Linux (32768) and of macOS and Windows
 * (49152): a stopped node must get its port back, and the system would give an ephemeral one to any outgoing connection.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = randomInt(15_000, 32_000);
    if (await isFree(host, port)) return port;
  }
  throw new CapraError(
    'no-port',
    `no free port was found between 15000 and 31999 on ${host}. Stop some of the programs that listen there and try again.`,
  );
}

export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
