/** Nodes of PGlite: PostgreSQL as WebAssembly, in a browser worker or in Node, without any server. */
import { PGlite } from '@electric-sql/pglite';
import { DatabaseError } from '../../src/engine/errors.ts';
import type { Connect } from '../../src/engine/ports/connection.ts';
import { connectPglite } from '../../src/engine/ports/pglite.ts';
import { withinTime } from '../within-time.ts';
import type { DatabaseNode, NodeProvider, NodeSpec } from './node-provider.ts';
import { startParams } from './pglite-start.ts';

export interface PgliteAssets {
  /** Made by `sandbox/bake.ts`. */
  dataDirectory: Blob;
  /** Compiled once for all nodes. @default PGlite finds it beside its own module */
  wasm?: WebAssembly.Module;
  /** PGlite's own files, fetched once for all nodes. @default as `wasm` */
  bundle?: Blob;
}

export class PgliteProvider implements NodeProvider {
  readonly kind = 'browser';
  label = 'PGlite in this browser';
  readonly #assets: () => Promise<PgliteAssets>;
  readonly #nodes: PgliteNode[] = [];
  #loading: Promise<PgliteAssets> | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(assets: () => Promise<PgliteAssets>) {
    this.#assets = assets;
  }

  async start({ name }: NodeSpec): Promise<DatabaseNode> {
    this.#loading ??= this.#assets();
    const node = new PgliteNode(name, await this.#loading);
    this.#nodes.push(node);
    // One thread runs them all: in turn they take no longer together, and the first is there in a third of the time.
    const started = this.#last.then(() => {
      if (this.#disposed) throw new Error(`Node ${name} was stopped while it was starting.`);
      return node.start();
    });
    this.#last = started.catch(() => {});
    await started;
    this.label = `PostgreSQL ${node.version} as WebAssembly (PGlite), in this browser`;
    return node;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.allSettled(this.#nodes.map((node) => node.dispose()));
  }
}

/** How long a stop waits for the transaction that holds the only session. What that wrote is lost then, as it should be. */
const QUIET_MS_MAX = 2_000;

/**
 * One PGlite. It has a single session, which everybody shares, so everybody is its superuser: in a browser it is the
 * visitor's own database.
 */
class PgliteNode implements DatabaseNode {
  readonly name: string;
  readonly connectionString = null;
  readonly connect: Connect = () => this.#open();
  readonly connectAsSpeaker: Connect = () => this.#open();
  readonly connectAsAttendee: Connect = () => this.#open();
  readonly #assets: PgliteAssets;
  #database: PGlite | null = null;
  #data: Blob;
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;
  version = '';

  constructor(name: string, assets: PgliteAssets) {
    this.name = name;
    this.#assets = assets;
    this.#data = assets.dataDirectory;
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#database || this.#disposed) return;
      const { wasm, bundle } = this.#assets;
      this.#database = await PGlite.create({
        loadDataDir: this.#data,
        startParams,
        ...(wasm ? { pgliteWasmModule: wasm } : {}),
        ...(bundle ? { fsBundle: bundle } : {}),
      });
      const { rows } = await this.#database.query<{ server_version: string }>('SHOW server_version');
      this.version = rows[0]!.server_version;
    });
  }

  /** The data lives in the memory of the database that goes: it is copied out first. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      const database = this.#database;
      if (!database) return;
      await withinTime(database.query('CHECKPOINT'), QUIET_MS_MAX);
      this.#data = await database.dumpDataDir('none');
      await this.#close();
    });
  }

  /** Files as they are, without a checkpoint: the next start recovers from the log, as after a power loss. */
  kill(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#database) return;
      this.#data = await this.#database.dumpDataDir('none');
      await this.#close();
    });
  }

  async restore(): Promise<void> {
    await this.#inTurn(() => this.#close());
    this.#data = this.#assets.dataDirectory;
    await this.start();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#inTurn(() => this.#close());
  }

  async #close(): Promise<void> {
    const database = this.#database;
    this.#database = null;
    if (!database || database.closed) return;
    await withinTime(database.close(), QUIET_MS_MAX);
  }

  async #open() {
    const database = this.#database;
    if (!database || database.closed) {
      throw new DatabaseError({
        message: `node ${this.name} does not answer: it is stopped`,
        sqlstate: '08001',
        node: this.name,
        statement: 'connect',
      });
    }
    return connectPglite(database, { node: this.name });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
