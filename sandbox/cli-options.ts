/** The options of `npm run sandbox`. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CapraError } from '../src/engine/errors.ts';

export interface SandboxOptions {
  provider: 'auto' | 'docker' | 'embedded';
  nodes: number;
  port: number;
  host: string;
  /** Absolute. */
  data: string | null;
  json: boolean;
  image: string | null;
  help: boolean;
}

export const usage = `Usage: npm run sandbox -- [options]

Starts real PostgreSQL nodes, the replication engine and the pages.

  --provider auto|docker|embedded   where the nodes run; auto takes Docker when it can (auto)
  --nodes 2..8                      how many nodes (3)
  --port N                          port of the pages (4321); 0 takes any free one
  --host ADDRESS                    address of the pages; 0.0.0.0 lets the network in, as attendees (127.0.0.1)
  --data DIR                        keep the nodes' data in this folder and use it again (a temporary folder)
  --image NAME                      Docker image of the nodes (postgres:18)
  --json                            print one machine-readable line when ready, everything else on stderr
  --help                            print this
`;

/**
 * @param args what follows the name of the program.
 * @throws {CapraError} `usage`, in one sentence.
 */
export function parseOptions(args: string[]): SandboxOptions {
  const values = parse(args);
  const provider = values.provider ?? 'auto';
  if (provider !== 'auto' && provider !== 'docker' && provider !== 'embedded') {
    throw new CapraError('usage', `--provider is "${provider}", and can be auto, docker or embedded.`);
  }
  for (const name of ['host', 'data', 'image'] as const) {
    if (values[name]?.trim() === '')
      throw new CapraError('usage', `--${name} is empty. Give it a value, or leave it out.`);
  }
  return {
    provider,
    nodes: numberOf('nodes', values.nodes ?? '3', 2, 8),
    port: numberOf('port', values.port ?? '4321', 0, 65_535),
    host: values.host ?? '127.0.0.1',
    // npm runs scripts in the folder of the package; the person stood elsewhere.
    data: values.data ? resolve(process.env.INIT_CWD ?? process.cwd(), values.data) : null,
    json: values.json ?? false,
    image: values.image ?? null,
    help: values.help ?? false,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      strict: true,
      allowPositionals: false,
      options: {
        provider: { type: 'string' },
        nodes: { type: 'string' },
        port: { type: 'string' },
        host: { type: 'string' },
        data: { type: 'string' },
        image: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    // The first sentence says what is wrong; the rest is advice for programmers.
    const what = (error as Error).message.split(/\. |\n/)[0]?.replace(/\.$/, '');
    throw new CapraError('usage', `${what}. All options: npm run sandbox -- --help`);
  }
}

function numberOf(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new CapraError(
    'usage',
    `--${name} is "${text}", and has to be a whole number from ${min} to ${max}.`,
  );
}
