/** Nodes of embedded PostgreSQL: programs from npm, no installation, no Docker. */
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CapraError } from '../../src/engine/errors.ts';
import { type Binaries, findBinaries } from './embedded-binaries.ts';
import { EmbeddedNode } from './embedded-node.ts';
import { copyFolder, runSingle, templateFolder } from './embedded-template.ts';
import { freePort } from './free-port.ts';
import { type Guard, startGuard } from './guard-client.ts';
import { prepareKeptFolder, readKept, writeKept } from './kept-data.ts';
import type { DatabaseNode, NodeProvider, NodeSpec } from './node-provider.ts';
import { accountCan, accountForPostgres, type OsAccount } from './os-account.ts';
import { makePasswords, passwordStatements } from './roles.ts';
import { type RunOptions, runProgram } from './run-program.ts';

export interface EmbeddedOptions {
  /** Keep the nodes' data in this folder, one folder a node, and use what is there. @default a temporary folder */
  dataFolder?: string | null;
}

export class EmbeddedProvider implements NodeProvider {
  readonly kind = 'embedded';
  label = 'embedded PostgreSQL';
  readonly #dataFolder: string | null;
  readonly #abort = new AbortController();
  readonly #nodes: EmbeddedNode[] = [];
  readonly #pending = new Set<Promise<unknown>>();
  /** Undoes what `#prepare` did, in this order. */
  readonly #releases: (() => Promise<void>)[] = [];
  #ground: Promise<Ground> | null = null;
  #disposing: Promise<void> | null = null;

  constructor(options: EmbeddedOptions = {}) {
    this.#dataFolder = options.dataFolder ?? null;
  }

  start(spec: NodeSpec): Promise<DatabaseNode> {
    const work = this.#startNode(spec);
    this.#pending.add(work);
    const forget = () => void this.#pending.delete(work);
    work.then(forget, forget);
    return work;
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #startNode({ name }: NodeSpec): Promise<DatabaseNode> {
    this.#abort.signal.throwIfAborted();
    this.#ground ??= this.#prepare();
    const ground = await this.#ground;
    const node = await (this.#dataFolder ? this.#keptNode(name, ground) : this.#freshNode(name, ground));
    this.#abort.signal.throwIfAborted();
    this.#nodes.push(node);
    await node.start();
    if (this.#dataFolder) await writeKept(join(this.#dataFolder, name), ground.account, { port: node.port });
    return node;
  }

  async #freshNode(name: string, ground: Ground): Promise<EmbeddedNode> {
    const folder = join(ground.workFolder, name);
    const passwords = await this.#fill(folder, ground);
    const port = await freePort();
    return new EmbeddedNode({ ...ground, name, folder, port, passwords, keep: false });
  }

  async #keptNode(name: string, ground: Ground): Promise<EmbeddedNode> {
    const folder = join(this.#dataFolder as string, name);
    let kept = await readKept(folder, ground.binaries.version);
    if (!kept) {
      // Filled beside its place: what a broken start leaves is then never taken for a node.
      const draft = `${folder}.new`;
      await rm(draft, { recursive: true, force: true });
      ground.guard.tell({ folder: draft });
      const passwords = await this.#fill(draft, ground);
      kept = { port: await freePort(), passwords };
      await writeKept(draft, ground.account, kept);
      await runProgram('mv', [draft, folder], ground.run);
    }
    ground.guard.tell({ data: folder });
    return new EmbeddedNode({ ...ground, name, folder, ...kept, keep: true });
  }

  /** A copy of the template with passwords of its own. */
  async #fill(folder: string, ground: Ground) {
    const { account, binaries, run } = ground;
    await copyFolder(await ground.template, folder, run);
    if (account) await runProgram('chown', ['-R', `${account.uid}:${account.gid}`, folder], run);
    const passwords = makePasswords();
    await runSingle(binaries, folder, 'postgres', passwordStatements(passwords), { ...run, account });
    return passwords;
  }

  async #prepare(): Promise<Ground> {
    const account = accountForPostgres();
    const guard = startGuard();
    this.#releases.push(() => guard.release());
    const run: RunOptions = { abort: this.#abort.signal, guard };
    const workFolder = await makeWorkFolder(account, guard);
    const ground: Omit<Ground, 'binaries' | 'template'> = { account, guard, run, workFolder };
    this.#releases.unshift(() => rm(workFolder, { recursive: true, force: true, maxRetries: 5 }));
    if (this.#dataFolder) await prepareKeptFolder(this.#dataFolder, account);
    const binaries = await findBinaries(account, join(workFolder, 'native'));
    this.label = `embedded PostgreSQL ${binaries.version}`;
    return { ...ground, binaries, template: templateFolder({ binaries, account, workFolder }, run) };
  }

  async #dispose(): Promise<void> {
    this.#abort.abort(new CapraError('stopped', 'the nodes were stopped while they were starting'));
    await this.#ground?.catch(() => {});
    await Promise.allSettled(this.#nodes.map((node) => node.dispose()));
    // A start that was under way may have got one step further.
    await Promise.allSettled(this.#pending);
    await this.#ground?.then((ground) => ground.template).catch(() => {});
    await Promise.allSettled(this.#nodes.map((node) => node.dispose()));
    for (const release of this.#releases) await release();
  }
}

/** What all nodes of a provider share. */
interface Ground {
  account: OsAccount | null;
  guard: Guard;
  run: RunOptions;
  /** Temporary; removed at the end, and by the guard if we can't. */
  workFolder: string;
  binaries: Binaries;
  template: Promise<string>;
}

async function makeWorkFolder(account: OsAccount | null, guard: Guard): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'capra-')).catch((error: Error) => {
    throw new CapraError(
      'no-temporary-folder',
      `the nodes need a temporary folder, and none can be made in ${tmpdir()} (${error.message}). Set TMPDIR to a folder that you may write to.`,
      { cause: error },
    );
  });
  guard.tell({ folder });
  if (!account) return folder;
  await chown(folder, account.uid, account.gid);
  await chmod(folder, 0o700);
  if (accountCan(account, 'x', folder)) return folder;
  await rm(folder, { recursive: true, force: true });
  throw new CapraError(
    'temporary-folder-unreachable',
    `the user ${account.name}, who has to run PostgreSQL for root, can't reach ${tmpdir()}. Set TMPDIR to a folder that every user can reach, for example /tmp.`,
  );
}
