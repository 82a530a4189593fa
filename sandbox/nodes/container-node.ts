/** One node in a container. */
import { setTimeout as delay } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { CapraError } from '../../src/engine/errors.ts';
import type { Connect } from '../../src/engine/ports/connection.ts';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';
import { dockerEngine } from './docker-engine.ts';
import type { DatabaseNode } from './node-provider.ts';
import { DATABASE, type RoleName, type RolePasswords } from './roles.ts';

export interface ContainerNodeOptions {
  name: string;
  version: string;
  passwords: RolePasswords;
  host: string;
  /** On the host; fixed, so it is the same after every start. */
  port: number;
  /** Of the container. */
  id: string;
}

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 20_000;

export class ContainerNode implements DatabaseNode {
  readonly name: string;
  readonly version: string;
  readonly connect: Connect = () => this.#open('postgres');
  readonly connectAsSpeaker: Connect = () => this.#open('speaker');
  readonly connectAsAttendee: Connect = () => this.#open('attendee');
  readonly #options: ContainerNodeOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ContainerNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.version = options.version;
  }

  get connectionString(): string {
    return this.#url('speaker');
  }

  start(): Promise<void> {
    return this.#inTurn(async (container) => {
      await container.start().catch(unlessAlready);
      await this.#ready();
    });
  }

  /** SIGINT is PostgreSQL's fast shutdown. Docker's own stop would send what the image says, often SIGTERM: that waits for every client. */
  stop(): Promise<void> {
    return this.#inTurn((container) => this.#end(container, 'SIGINT'));
  }

  kill(): Promise<void> {
    return this.#inTurn((container) => this.#end(container, 'SIGKILL'));
  }

  async #end(container: Dockerode.Container, signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    const patience = new AbortController();
    const ended = container.wait({ condition: 'not-running' });
    await container.kill({ signal }).catch(unlessAlready);
    const late = delay(STOP_MS_MAX, 'late', { signal: patience.signal }).catch(() => 'aborted');
    if ((await Promise.race([ended, late])) === 'late') await container.kill({ signal: 'SIGKILL' });
    patience.abort();
    await ended;
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + START_MS_MAX;
    for (;;) {
      try {
        return await (await this.connect()).close();
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await delay(100);
      }
    }
  }

  #url(role: RoleName): string {
    const { passwords, host, port } = this.#options;
    return `postgresql://${role}:${passwords[role]}@${host}:${port}/${DATABASE}`;
  }

  #open(role: RoleName) {
    return connectPostgres(this.#url(role), { node: this.name });
  }

  #inTurn<T>(work: (container: Dockerode.Container) => Promise<T>): Promise<T> {
    const turn = async () => {
      const engine = await dockerEngine();
      if (!engine) {
        throw new CapraError(
          'no-docker',
          `the Docker engine of node ${this.name} does not answer. Start Docker again.`,
        );
      }
      return work(engine.container.getById(this.#options.id));
    };
    const result = this.#last.then(turn, turn);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** 304: it runs already; 409: it does not run. */
function unlessAlready(error: { statusCode?: number }): void {
  if (error.statusCode !== 304 && error.statusCode !== 409) throw error;
}
