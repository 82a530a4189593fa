import type { RelationShape } from '../capture/describe-relation.ts';
import { ShapeChanged } from '../capture/fingerprint.ts';
import { CapraError, DatabaseError, isConnectionLoss } from '../errors.ts';
import { runRound } from '../round/round.ts';
import type { RoundContext } from '../round/round-context.ts';
import type { TraceEventBody } from '../trace/events.ts';
import type { Engine, EngineOptions, EngineStatus, SyncDefinition } from '../types.ts';
import { Backoff } from './backoff.ts';
import { checkNodes } from './check-nodes.ts';
import { Link } from './link.ts';
import { Member } from './member.ts';
import { type Candidate, neededRounds } from './scheduler.ts';

/** How soon to look again at writers that have captured but not committed. */
const WRITERS_LOOK_MS = 20;

/** Keeps the nodes of one sync equal until it is stopped: hears kicks, runs the rounds that are needed, comes back from losses. */
export class Daemon implements Engine {
  readonly #definition: SyncDefinition;
  readonly #options: Required<EngineOptions>;
  readonly #members: Member[];
  readonly #links: Link[];
  readonly #running = new Set<Promise<void>>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #changed = new Set<() => void>();
  #state: 'stopped' | 'running' | 'paused' = 'stopped';
  #working = false;
  #seq = 0;
  #round = 0;
  #turn = 0;

  constructor(definition: SyncDefinition, options: EngineOptions) {
    this.#definition = definition;
    this.#options = { trace: () => {}, pollMs: 10_000, retryMsMin: 100, retryMsMax: 5_000, ...options };
    const backoff = () => new Backoff(this.#options.retryMsMin, this.#options.retryMsMax);
    this.#members = definition.nodes.map(
      (node) =>
        new Member(
          node,
          definition,
          {
            onKick: (member) => this.#kick(member, 'notify'),
            onReachable: (member) => {
              this.#emit({ type: 'node', node: member.name, state: 'reachable' });
              this.#kick(member, 'reconnect');
            },
            onLost: (member, error) => {
              this.#emit({ type: 'node', node: member.name, state: 'lost', error });
              this.#notifyChanged();
            },
          },
          backoff(),
          () => this.#shapesOfOthers(node.name),
        ),
    );
    const names = definition.nodes.map((node) => node.name);
    const everyPair = names.flatMap((a, index) =>
      names.slice(index + 1).map((b): [string, string] => [a, b]),
    );
    this.#links = (definition.links ?? everyPair).map(([a, b]) => new Link(a, b, backoff()));
  }

  async start(): Promise<void> {
    if (this.#state !== 'stopped') throw new CapraError('already-started', 'The engine is already running.');
    await checkNodes(this.#definition);
    try {
      await Promise.all(
        this.#members.map((member) =>
          member.open().catch((error: unknown) => {
            if (!isConnectionLoss(error)) throw error;
            member.error = (error as Error).message;
            this.#emit({ type: 'node', node: member.name, state: 'lost', error: member.error });
            member.retryLater();
          }),
        ),
      );
    } catch (error) {
      await Promise.all(this.#members.map((member) => member.close()));
      throw error;
    }
    this.#state = 'running';
    this.#emit({ type: 'engine', state: 'running' });
    this.#pollLater();
    this.#pump();
  }

  /** What a node that is opened again is compared with: the tables of any node that is reachable. */
  #shapesOfOthers(name: string): { node: string; shapes: RelationShape[] } | null {
    const other = this.#members.find((member) => member.name !== name && member.session !== null);
    if (!other?.session) return null;
    return { node: other.name, shapes: other.session.node.relations.map((relation) => relation.shape) };
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await this.#untilRoundsEnd();
    await Promise.all(this.#members.map((member) => member.close()));
    this.#emit({ type: 'engine', state: 'stopped' });
    this.#notifyChanged();
  }

  async pause(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.#emit({ type: 'engine', state: 'paused' });
    await this.#untilRoundsEnd();
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    this.#emit({ type: 'engine', state: 'running' });
    this.kick();
  }

  kick(node?: string): void {
    if (node !== undefined) this.#member(node);
    for (const member of this.#members) {
      if (node === undefined || member.name === node) this.#kick(member, 'request');
    }
  }

  setLink(a: string, b: string, up: boolean): void {
    const link = this.#links.find((candidate) => candidate.joins(a, b));
    if (!link) throw new CapraError('no-such-link', `There is no link between ${a} and ${b}.`);
    if (link.up === up) return;
    link.up = up;
    link.error = null;
    link.notBefore = 0;
    link.backoff.reset();
    if (!up) link.abort?.abort(new CapraError('link-cut', `The link ${a} to ${b} was cut.`));
    this.#emit({ type: 'link', a: link.a, b: link.b, up });
    this.#pump();
  }

  async quiet(): Promise<void> {
    for (;;) {
      const waiting =
        this.#running.size > 0 || neededRounds(this.#links, (name) => this.#member(name)).length > 0;
      if (waiting || this.#state !== 'running') {
        if (this.#state === 'stopped') throw new CapraError('stopped', 'The engine was stopped.');
        await new Promise<void>((resolve) => this.#changed.add(resolve));
        continue;
      }
      const looks = await Promise.all(this.#members.map((member) => this.#look(member)));
      if (!looks.includes('changes') && this.#running.size === 0) return;
    }
  }

  status(): EngineStatus {
    return {
      state: this.#state,
      nodes: this.#members.map((member) => ({
        name: member.name,
        id: member.definition.id,
        reachable: member.session !== null,
        error: member.error,
      })),
      links: this.#links.map(({ a, b, up, busyFrom, error }) => ({ a, b, up, busyFrom, error })),
    };
  }

  #member(name: string): Member {
    const found = this.#members.find((member) => member.name === name);
    if (!found)
      throw new CapraError('no-such-node', `There is no node ${name} in sync ${this.#definition.name}.`);
    return found;
  }

  #kick(member: Member, reason: 'notify' | 'request' | 'reconnect'): void {
    member.dirty = true;
    this.#emit({ type: 'kick', node: member.name, reason });
    this.#pump();
  }

  /** Starts every needed round whose two nodes are free. Called whenever something has changed. */
  #pump(): void {
    if (this.#state === 'running') {
      const candidates = neededRounds(this.#links, (name) => this.#member(name));
      const start = candidates.length > 0 ? this.#turn++ % candidates.length : 0;
      const rows = candidates.filter((candidate) => candidate.need === 'rows');
      // What moves rows goes first; within that, whoever waited longest is not always the last in the list.
      const inTurn = rows.length > 0 ? rotate(rows, start) : rotate(candidates, start);
      for (const candidate of inTurn) this.#tryRound(candidate);
      this.#sayWorking(this.#running.size > 0 || candidates.length > 0);
    }
    this.#notifyChanged();
  }

  #tryRound({ link, source, target }: Candidate): void {
    if (source.busy || target.busy || link.busyFrom !== null || !source.session || !target.session) return;
    const wait = link.notBefore - Date.now();
    if (wait > 0) {
      this.#wake(link, wait);
      return;
    }
    source.busy = target.busy = true;
    source.dirty = false;
    link.busyFrom = source.name;
    const work = this.#runRound(link, source, target).finally(() => {
      source.busy = target.busy = false;
      link.busyFrom = null;
      this.#running.delete(work);
      this.#pump();
    });
    this.#running.add(work);
  }

  #wake(link: Link, ms: number): void {
    if (link.waking) return;
    link.waking = true;
    this.#later(ms, () => {
      link.waking = false;
      this.#pump();
    });
  }

  async #runRound(link: Link, source: Member, target: Member): Promise<void> {
    const head = { round: ++this.#round, source: source.name, target: target.name };
    link.abort = new AbortController();
    const context: RoundContext = {
      source: source.session!.node,
      target: target.session!.node,
      members: this.#definition.nodes.map((node) => node.id),
      emit: (event) => this.#emit({ ...event, ...head } as TraceEventBody),
      signal: link.abort.signal,
      nodeName: (id) => this.#definition.nodes.find((node) => node.id === id)?.name ?? String(id),
    };
    try {
      await runRound(context);
      link.error = null;
      link.backoff.reset();
      await this.#afterRound(source);
    } catch (error) {
      source.dirty = true;
      const cut = link.abort.signal.aborted;
      const message = error instanceof Error ? error.message : String(error);
      const retryInMs = cut ? 0 : link.backoff.next();
      const code =
        error instanceof DatabaseError
          ? error.sqlstate
          : error instanceof CapraError
            ? error.code
            : 'internal';
      this.#emit({ type: 'round-failed', ...head, error: message, code, retryInMs });
      if (!cut) {
        link.error = message;
        link.notBefore = Date.now() + retryInMs;
      }
      if (isConnectionLoss(error) || error instanceof ShapeChanged) {
        this.#members
          .find((member) => member.name === (error as DatabaseError | ShapeChanged).node)
          ?.lose(message);
      }
    } finally {
      link.abort = null;
    }
  }

  /**
   * A node that was kicked again during its round is under load: it stops sending NOTIFY, and the engine looks for
   * itself, until it finds nothing. Then it says "idle" and looks once more, because a writer that saw "busy" may
   * have committed in between; while such writers are at work it keeps looking.
   */
  async #afterRound(source: Member): Promise<void> {
    const session = source.session;
    if (!session) return;
    try {
      if (source.notifying && !source.dirty) return;
      if (source.notifying) {
        await session.setIdle(false);
        source.notifying = false;
      }
      if ((await session.look()) === 'changes') {
        source.dirty = true;
        return;
      }
      source.dirty = false;
      await session.setIdle(true);
      source.notifying = true;
      const found = await session.look();
      if (found === 'changes') source.dirty = true;
      if (found === 'writers') this.#later(WRITERS_LOOK_MS, () => void this.#lookAgain(source));
    } catch (error) {
      source.lose((error as Error).message);
    }
  }

  async #lookAgain(member: Member): Promise<void> {
    if ((await this.#look(member)) === 'writers')
      this.#later(WRITERS_LOOK_MS, () => void this.#lookAgain(member));
  }

  /** Looks for changes on a node whose connection is free; a busy one will look by itself. */
  async #look(member: Member): Promise<'changes' | 'writers' | 'nothing' | 'busy'> {
    const session = member.session;
    if (!session) return 'nothing';
    if (member.busy) return 'busy';
    member.busy = true;
    let found: 'changes' | 'writers' | 'nothing' = 'nothing';
    const work = (async () => {
      try {
        found = await session.look();
        if (found === 'changes') member.dirty = true;
      } catch (error) {
        member.lose((error as Error).message);
      }
    })().finally(() => {
      member.busy = false;
      this.#running.delete(work);
      this.#pump();
    });
    this.#running.add(work);
    await work;
    return found;
  }

  #pollLater(): void {
    this.#later(this.#options.pollMs, () => {
      for (const member of this.#members) void this.#look(member);
      this.#pollLater();
    });
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.#state !== 'stopped') work();
    }, ms);
    this.#timers.add(timer);
  }

  async #untilRoundsEnd(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }

  #sayWorking(working: boolean): void {
    if (working === this.#working) return;
    this.#working = working;
    this.#emit({ type: 'engine', state: working ? 'busy' : 'idle' });
  }

  #notifyChanged(): void {
    const listeners = [...this.#changed];
    this.#changed.clear();
    for (const listener of listeners) listener();
  }

  #emit(event: TraceEventBody): void {
    this.#options.trace({ seq: ++this.#seq, at: Date.now(), ...event });
  }
}

function rotate<T>(list: T[], by: number): T[] {
  const at = list.length > 0 ? by % list.length : 0;
  return [...list.slice(at), ...list.slice(0, at)];
}
