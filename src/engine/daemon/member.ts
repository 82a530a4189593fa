import type { RelationShape } from '../capture/describe-relation.ts';
import { CapraError } from '../errors.ts';
import type { NodeDefinition, SyncDefinition } from '../types.ts';
import type { Backoff } from './backoff.ts';
import { type NodeSession, openNodeSession } from './node-session.ts';

export interface MemberEvents {
  /** The node notified, or something else says that it may have changes. */
  onKick(member: Member): void;
  onReachable(member: Member): void;
  onLost(member: Member, error: string): void;
}

/** One node of the sync in the engine's memory: its session while it is reachable, and the way back when it is not. */
export class Member {
  readonly definition: NodeDefinition;
  readonly #sync: SyncDefinition;
  readonly #events: MemberEvents;
  readonly #backoff: Backoff;
  readonly #reference: () => { node: string; shapes: RelationShape[] } | null;
  session: NodeSession | null = null;
  error: string | null = null;
  /** There may be changes that no fold has taken. */
  dirty = false;
  /** Its connection is in use. */
  busy = false;
  /** Writers on it send NOTIFY. */
  notifying = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** @param reference the tables of another node, which this one's must agree with */
  constructor(
    definition: NodeDefinition,
    sync: SyncDefinition,
    events: MemberEvents,
    backoff: Backoff,
    reference: () => { node: string; shapes: RelationShape[] } | null,
  ) {
    this.definition = definition;
    this.#sync = sync;
    this.#events = events;
    this.#backoff = backoff;
    this.#reference = reference;
  }

  get name(): string {
    return this.definition.name;
  }

  /** Opens the session. @throws what `openNodeSession` throws. */
  async open(): Promise<void> {
    const session = await openNodeSession({
      definition: this.definition,
      sync: this.#sync,
      reference: this.#reference(),
      onKick: () => this.#events.onKick(this),
      onLost: () => this.lose('the connection was lost'),
    });
    if (this.#closed) return session.close();
    await session.setIdle(true);
    this.session = session;
    this.error = null;
    this.notifying = true;
    this.dirty = true;
    this.#backoff.reset();
    this.#events.onReachable(this);
  }

  /** The session is of no use any more; tries to open another one until `close`. */
  lose(error: string): void {
    if (!this.session || this.#closed) return;
    const session = this.session;
    this.session = null;
    this.error = error;
    void session.close();
    this.#events.onLost(this, error);
    this.retryLater();
  }

  retryLater(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.open().catch((error: unknown) => {
        this.error = error instanceof CapraError ? error.message : String(error);
        this.retryLater();
      });
    }, this.#backoff.next());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const session = this.session;
    this.session = null;
    if (!session) return;
    await session.setIdle(false).catch(() => {});
    await session.close();
  }
}
