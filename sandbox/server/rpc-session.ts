/** One visitor's conversation with the cluster: birpc over a WebSocket, with limits on what a stranger can ask for. */
import { createBirpc } from 'birpc';
import type { WebSocket } from 'ws';
import { type ClusterApi, type ClusterListener, SCRIPT_CHARACTERS_MAX } from '../protocol.ts';
import type { Role } from './visitors.ts';

export type Session = ClusterApi & { close(): unknown };

/** What the server needs of a cluster. */
export interface SessionSource {
  session(role: Role, listener: ClusterListener): Session;
}

const forAttendees = ['open', 'execute', 'completions', 'compare', 'verdict'] as const;
const forPresenters = [
  ...forAttendees,
  ...(['cutLink', 'healLink', 'pause', 'resume', 'kick', 'stopNode', 'startNode', 'reset'] as const),
] as const;

/** Messages a second in the long run, and how many may come at once. */
const MESSAGES_A_SECOND = 20;
const MESSAGES_BURST = 60;
const CALLS_AT_ONCE_MAX = 16;
/** A page that reads its events more slowly than they come is cut off before they fill our memory. */
const BUFFERED_BYTES_MAX = 8_000_000;

export function openSession(socket: WebSocket, role: Role, cluster: SessionSource): void {
  const post = (text: string) => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > BUFFERED_BYTES_MAX) return socket.close(1013, 'too slow');
    socket.send(text);
  };
  const allow = rateLimit();
  const guarded: Record<string, (...args: unknown[]) => Promise<unknown>> = Object.create(null);
  const rpc = createBirpc<ClusterListener, typeof guarded>(guarded, {
    eventNames: ['onTrace', 'onState'],
    post,
    on: (receive) => {
      socket.on('message', (data, binary) => {
        if (binary || !allow()) return socket.close(1008, binary ? 'text only' : 'too many messages');
        receive(data.toString());
      });
    },
    serialize,
    deserialize,
    // Nothing waits for an answer of the page.
    timeout: -1,
    onGeneralError: () => {
      socket.close(1007, 'not a message of this protocol');
      return true;
    },
  });
  const session = cluster.session(role, {
    onTrace: (events) => void rpc.onTrace(events),
    onState: (state) => void rpc.onState(state),
  });
  let calls = 0;
  for (const name of forPresenters) {
    guarded[name] = async (...args) => {
      if (role === 'attendee' && !(forAttendees as readonly string[]).includes(name)) {
        throw new Error('only the presenter can do this: attendees may look and write rows');
      }
      assertArguments(name, args);
      if (calls >= CALLS_AT_ONCE_MAX) throw new Error('too much at once: wait for an answer, then try again');
      calls++;
      try {
        return await (session[name] as (...values: unknown[]) => Promise<unknown>).apply(session, args);
      } finally {
        calls--;
      }
    };
  }
  socket.on('close', () => {
    rpc.$close();
    session.close();
  });
}

function assertArguments(name: string, args: unknown[]): void {
  if (args.length > 2 || args.some((value) => typeof value !== 'string')) {
    throw new Error(`${name} takes texts only`);
  }
  if (args.some((value) => (value as string).length > SCRIPT_CHARACTERS_MAX)) {
    throw new Error(`the script is longer than ${SCRIPT_CHARACTERS_MAX} characters: run it in parts`);
  }
}

/** Errors lose everything in JSON; a page needs the sentence, never the stack. */
function serialize(message: unknown): string {
  return JSON.stringify(message, (_, value) =>
    value instanceof Error
      ? { name: value.name, message: value.message, code: (value as { code?: unknown }).code }
      : value,
  );
}

function deserialize(text: string): unknown {
  const message: unknown = JSON.parse(text);
  const call = message as { t?: unknown; m?: unknown; a?: unknown; i?: unknown } | null;
  const known =
    call && typeof call === 'object' && call.t === 'q' && typeof call.m === 'string' && Array.isArray(call.a);
  if (!known) throw new Error('not a call');
  return message;
}

/** A bucket of tokens that fills again with time. */
function rateLimit(): () => boolean {
  let tokens = MESSAGES_BURST;
  let last = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(MESSAGES_BURST, tokens + ((now - last) / 1000) * MESSAGES_A_SECOND);
    last = now;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
