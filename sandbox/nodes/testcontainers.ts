/** Nodes in containers of a Docker engine, by Testcontainers. */
import { randomUUID } from 'node:crypto';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { CapraError } from '../../src/engine/errors.ts';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';
import { ContainerNode } from './container-node.ts';
import { dockerEngine, ensureImage, RUN_LABEL, removeByLabel } from './docker-engine.ts';
import { freePort } from './free-port.ts';
import { type Guard, startGuard } from './guard-client.ts';
import type { DatabaseNode, NodeProvider, NodeSpec } from './node-provider.ts';
import { clusterStatements, databaseStatements, makePasswords, passwordStatements } from './roles.ts';

export const DEFAULT_IMAGE = 'postgres:18';

export interface TestcontainersOptions {
  /** An image that keeps the contract of the official `postgres` image. @default 'postgres:18' */
  image?: string;
  /** Receives what is under way, in words. */
  progress?: (line: string) => void;
}

const settings = {
  track_commit_timestamp: 'on',
  max_connections: '50',
  shared_buffers: '32MB',
  fsync: 'off',
  timezone: 'UTC',
  lc_messages: 'C',
};

export class TestcontainersProvider implements NodeProvider {
  readonly kind = 'docker';
  readonly label: string;
  readonly #image: string;
  readonly #progress: (line: string) => void;
  readonly #run = randomUUID();
  readonly #pending = new Set<Promise<unknown>>();
  #guard: Guard | null = null;
  #engineHost: Promise<string> | null = null;
  #disposing: Promise<void> | null = null;

  constructor(options: TestcontainersOptions = {}) {
    this.#image = options.image ?? DEFAULT_IMAGE;
    this.#progress = options.progress ?? (() => {});
    this.label = `Docker, image ${this.#image}`;
  }

  start(spec: NodeSpec): Promise<DatabaseNode> {
    const work = this.#start(spec);
    this.#pending.add(work);
    const forget = () => void this.#pending.delete(work);
    work.then(forget, forget);
    return work;
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #start({ name }: NodeSpec): Promise<DatabaseNode> {
    this.#engineHost ??= this.#prepare();
    const host = await this.#engineHost;
    if (!this.#guard) {
      this.#guard = startGuard();
      this.#guard.tell({ label: this.#run });
    }
    const passwords = makePasswords();
    const port = await freePort();
    const container = new NodeContainer(this.#image, host, port, () => this.#assertNotDisposed())
      .withDatabase('postgres')
      .withUsername('postgres')
      .withPassword(passwords.postgres)
      .withLabels({ [RUN_LABEL]: this.#run })
      .withCommand([
        'postgres',
        ...Object.entries(settings).flatMap(([setting, value]) => ['-c', `${setting}=${value}`]),
      ]);
    const started = await container.start().catch((error: Error) => {
      this.#assertNotDisposed();
      throw new CapraError(
        'container-start',
        `node ${name} did not start in a container of ${this.#image}: ${error.message}. Use --provider embedded, or another --image.`,
        { cause: error },
      );
    });
    const run = async (database: string, statements: string[]) => {
      const url = `postgresql://postgres:${passwords.postgres}@${host}:${port}/${database}`;
      const session = await connectPostgres(url, { node: name });
      // One by one: CREATE DATABASE can't run in a transaction.
      for (const statement of statements) await session.script(statement);
      const [answer] = await session.query<{ version: string }>(
        `select current_setting('server_version') as version`,
      );
      await session.close();
      return answer?.version.split(' ')[0] ?? 'unknown';
    };
    await run('postgres', [...clusterStatements, ...passwordStatements(passwords)]);
    const version = await run('goats', databaseStatements);
    this.#assertNotDisposed();
    return new ContainerNode({ name, version, passwords, host, port, id: started.getId() });
  }

  /** @returns the address under which the engine publishes ports. */
  async #prepare(): Promise<string> {
    const engine = await dockerEngine();
    if (!engine) {
      throw new CapraError(
        'no-docker',
        'no Docker engine answers. Start Docker, or use --provider embedded, which needs nothing.',
      );
    }
    const onPull = () => this.#progress(`pulling the image ${this.#image}`);
    const problem = await ensureImage(engine, this.#image, onPull, 60_000);
    if (problem) {
      throw new CapraError(
        'no-image',
        `the image ${this.#image} is not there and can't be pulled (${problem}). Name another with --image, or use --provider embedded.`,
      );
    }
    return engine.info.containerRuntime.host;
  }

  #assertNotDisposed(): void {
    if (this.#disposing) throw new CapraError('stopped', 'the nodes were stopped while they were starting');
  }

  async #dispose(): Promise<void> {
    if (!this.#guard && this.#pending.size === 0) return;
    await removeByLabel(this.#run);
    // A container that was being created when we looked comes into being after it.
    await Promise.allSettled(this.#pending);
    await removeByLabel(this.#run);
    await this.#guard?.release();
  }
}

/**
 * Testcontainers publishes on every address of the machine; a database belongs on loopback, wherever the engine is on
 * this machine. It also takes another port at every start.
 */
class NodeContainer extends PostgreSqlContainer {
  readonly #beforeCreate: () => void;

  constructor(image: string, host: string, port: number, beforeCreate: () => void) {
    super(image);
    this.#beforeCreate = beforeCreate;
    const HostIp = host === '127.0.0.1' ? host : '';
    this.hostConfig.PortBindings = { '5432/tcp': [{ HostIp, HostPort: String(port) }] };
  }

  protected override async beforeContainerCreated(): Promise<void> {
    this.#beforeCreate();
  }
}
