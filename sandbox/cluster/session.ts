import type { ClusterApi, ClusterState } from '../protocol.ts';
import { Console } from './console.ts';
import type { Member } from './member.ts';

export type Role = ClusterState['role'];

export type ClusterSession = ClusterApi & { close(): Promise<void> };

/** What a session may ask of its cluster. */
export interface ClusterControl extends Omit<ClusterApi, 'open' | 'execute'> {
  open(role: Role): ReturnType<ClusterApi['open']>;
  member(name: string): Member;
  /** All sessions of a node are one. */
  sharedSessions: boolean;
  /** Somebody may have changed rows. */
  touched(): void;
}

/** Bounds of the speaker's session; the attendee's role has tighter ones of its own. */
const SPEAKER_SETUP = `SET idle_in_transaction_session_timeout = '60s'; SET statement_timeout = '55s'`;

const DENIED =
  'Only the presenter can do this. Attendees may look at everything and write rows on every node.';

/**
 * One visitor. Plain functions, not methods: they travel over an RPC that calls them without their object.
 * @param onClose told when the session ends
 */
export function createSession(
  role: Role,
  cluster: ClusterControl,
  onClose: (consoles: ConsoleSet) => void,
): { session: ClusterSession; consoles: ConsoleSet } {
  const consoles = new ConsoleSet(role, cluster);
  const presenter = <A extends unknown[]>(work: (...args: A) => Promise<void>) => {
    return async (...args: A): Promise<void> => {
      if (role !== 'presenter') throw new Error(DENIED);
      return work(...args);
    };
  };
  const session: ClusterSession = {
    open: () => cluster.open(role),
    async execute(node, script) {
      cluster.member(node).database();
      try {
        return await consoles.of(node).run(script);
      } finally {
        cluster.touched();
      }
    },
    completions: (node) => cluster.completions(node),
    compare: () => cluster.compare(),
    verdict: () => cluster.verdict(),
    cutLink: presenter((a: string, b: string) => cluster.cutLink(a, b)),
    healLink: presenter((a: string, b: string) => cluster.healLink(a, b)),
    pause: presenter(() => cluster.pause()),
    resume: presenter(() => cluster.resume()),
    kick: presenter(() => cluster.kick()),
    stopNode: presenter((node: string) => cluster.stopNode(node)),
    startNode: presenter((node: string) => cluster.startNode(node)),
    reset: presenter(() => cluster.reset()),
    async close() {
      onClose(consoles);
      await consoles.close();
    },
  };
  return { session, consoles };
}

/** The consoles of one visitor: at most one a node. */
export class ConsoleSet {
  readonly #role: Role;
  readonly #cluster: ClusterControl;
  readonly #consoles = new Map<string, Console>();
  #closed = false;

  constructor(role: Role, cluster: ClusterControl) {
    this.#role = role;
    this.#cluster = cluster;
  }

  of(node: string): Console {
    if (this.#closed) throw new Error('This session has ended. Reload the page.');
    const known = this.#consoles.get(node);
    if (known) return known;
    const speaks = this.#role === 'presenter';
    const made = new Console({
      node,
      connect: () => {
        const database = this.#cluster.member(node).database();
        return speaks ? database.connectAsSpeaker() : database.connectAsAttendee();
      },
      shared: this.#cluster.sharedSessions,
      setup: speaks && !this.#cluster.sharedSessions ? SPEAKER_SETUP : '',
    });
    this.#consoles.set(node, made);
    return made;
  }

  /** Ends the database sessions, on one node or on all; the next script opens new ones. */
  async drop(node?: string): Promise<void> {
    const dropped = [...this.#consoles].filter(([name]) => node === undefined || name === node);
    for (const [name] of dropped) this.#consoles.delete(name);
    await Promise.all(dropped.map(([, console]) => console.close()));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.drop();
  }
}
