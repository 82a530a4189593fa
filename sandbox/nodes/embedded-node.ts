/** One PostgreSQL server of our own on this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { CapraError } from '../../src/engine/errors.ts';
import type { Connect } from '../../src/engine/ports/connection.ts';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';
import type { Binaries } from './embedded-binaries.ts';
import { freePort } from './free-port.ts';
import type { DatabaseNode } from './node-provider.ts';
import { type OsAccount, spawnAs } from './os-account.ts';
import { killPostmaster } from './postmaster-file.ts';
import { DATABASE, type RoleName, type RolePasswords } from './roles.ts';
import { startError } from './run-program.ts';

export interface EmbeddedNodeOptions {
  name: string;
  binaries: Binaries;
  account: OsAccount | null;
  /** Data directory, complete, owned by the account. */
  folder: string;
  port: number;
  passwords: RolePasswords;
  /** The data outlives this run: write it to the disk for certain. */
  keep: boolean;
}

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 20_000;

export class EmbeddedNode implements DatabaseNode {
  readonly name: string;
  readonly version: string;
  readonly connect: Connect = () => this.#open('postgres');
  readonly connectAsSpeaker: Connect = () => this.#open('speaker');
  readonly connectAsAttendee: Connect = () => this.#open('attendee');
  readonly #options: EmbeddedNodeOptions;
  #port: number;
  #server: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();
  /** Starts and stops run one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;
  /** Another port can be taken as long as nobody has been told the first one. */
  #mayMove = true;

  constructor(options: EmbeddedNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.version = options.binaries.version;
    this.#port = options.port;
  }

  get port(): number {
    return this.#port;
  }

  get connectionString(): string {
    return this.#url('speaker');
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      const deadline = Date.now() + 5_000;
      while (!this.#server && !this.#disposed) {
        try {
          await this.#launch();
          this.#mayMove = false;
          return;
        } catch (error) {
          // Somebody else has the port. A new node takes another; a known one waits a little for its own.
          if (!(error instanceof CapraError) || error.code !== 'port-taken' || Date.now() > deadline)
            throw error;
          if (this.#mayMove) this.#port = await freePort();
          else await delay(100);
        }
      }
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#end('SIGINT'));
  }

  kill(): Promise<void> {
    return this.#inTurn(async () => {
      await killPostmaster(this.#options.folder);
      await this.#exited;
    });
  }

  /** For good, also in the middle of a start. Data that nobody keeps needs no orderly end. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#end(this.#options.keep ? 'SIGINT' : 'SIGQUIT');
    await this.#last.catch(() => {});
    await this.#end('SIGQUIT');
  }

  #url(role: RoleName): string {
    return `postgresql://${role}:${this.#options.passwords[role]}@127.0.0.1:${this.#port}/${DATABASE}`;
  }

  #open(role: RoleName) {
    return connectPostgres(this.#url(role), { node: this.name });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #launch(): Promise<void> {
    const { binaries, account, folder } = this.#options;
    // Its own session: Ctrl-C is for us, and we end the servers in order.
    const server = spawn(binaries.postgres, ['-D', folder, ...this.#settings()], {
      ...spawnAs(account),
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', SystemRoot: process.env.SystemRoot },
    });
    this.#server = server;
    let log = '';
    let ready: () => void = () => {};
    const isReady = new Promise<void>((resolve) => (ready = resolve));
    server.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk).slice(-8_000);
      if (log.includes('database system is ready to accept connections')) ready();
    });
    let spawnProblem: Error | null = null;
    this.#exited = new Promise((resolve) => {
      const leave = () => {
        if (this.#server === server) this.#server = null;
        resolve();
      };
      server.once('error', (error) => {
        spawnProblem = error;
        leave();
      });
      server.once('close', leave);
    });
    const late = new AbortController();
    const outcome = await Promise.race([
      isReady.then(() => 'ready' as const),
      this.#exited.then(() => 'ended' as const),
      delay(START_MS_MAX, 'late' as const, { signal: late.signal }).catch(() => 'late' as const),
    ]);
    late.abort();
    if (outcome === 'ready') return;
    if (outcome === 'late') await this.#end('SIGQUIT');
    if (this.#disposed)
      throw new CapraError('stopped', `node ${this.name} was stopped while it was starting`);
    if (/could not bind|Address already in use/.test(log)) {
      throw new CapraError(
        'port-taken',
        `node ${this.name} can't start: another program listens on its port ${this.#port}. Stop that program, then start the node again.`,
      );
    }
    throw startError(
      `node ${this.name} did not start`,
      log || (spawnProblem as Error | null)?.message || `no answer within ${START_MS_MAX / 1000} s`,
    );
  }

  async #end(how: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const server = this.#server;
    if (!server) return;
    server.kill(how);
    const patience = new AbortController();
    const ended = await Promise.race([
      this.#exited.then(() => true),
      delay(STOP_MS_MAX, false, { signal: patience.signal }).catch(() => false),
    ]);
    patience.abort();
    if (ended) return;
    server.kill('SIGQUIT');
    await killPostmaster(this.#options.folder);
    server.kill('SIGKILL');
    await this.#exited;
  }

  #settings(): string[] {
    const settings = {
      port: this.#port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      track_commit_timestamp: 'on',
      max_connections: 50,
      shared_buffers: '32MB',
      max_wal_size: '256MB',
      min_wal_size: '16MB',
      // Nothing outside the data directory, so that a kill leaves nothing behind in /dev/shm.
      ...(process.platform === 'win32' ? {} : { dynamic_shared_memory_type: 'mmap', io_method: 'sync' }),
      fsync: this.#options.keep ? 'on' : 'off',
      jit: 'off',
      autovacuum_naptime: '15s',
      lc_messages: 'C',
      timezone: 'UTC',
      log_timezone: 'UTC',
      log_min_messages: 'warning',
      // Statements with typing errors are everyday life in a sandbox.
      log_min_error_statement: 'panic',
    };
    return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  }
}
