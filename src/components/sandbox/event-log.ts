import type { ConflictEvent, TraceEvent } from '../../engine/trace/events.ts';
import { keyWords } from '../site/trace-sentence.ts';
import { count, duration, tableWords } from './words.ts';

export type LogKind = 'round' | 'look' | 'conflict' | 'fault' | 'engine';

/** One line of the event list. A round is one line, however many steps it had. */
export interface LogEntry {
  /** Stable while the entry grows. */
  id: string;
  at: number;
  kind: LogKind;
  /** Source first, then target; or the nodes that a fault touches. */
  nodes: string[];
  text: string;
  conflict?: ConflictEvent;
}

/** What the filter of the event list offers, in the order of its buttons. `look` is a round that found nothing. */
export const LOG_FILTERS = [
  { id: 'told', words: 'All', kinds: ['round', 'conflict', 'fault', 'engine'] },
  { id: 'rounds', words: 'Rounds', kinds: ['round'] },
  { id: 'conflicts', words: 'Conflicts', kinds: ['conflict'] },
  { id: 'faults', words: 'Faults', kinds: ['fault'] },
  { id: 'looks', words: 'With empty rounds', kinds: ['round', 'look', 'conflict', 'fault', 'engine'] },
] as const satisfies readonly { id: string; words: string; kinds: readonly LogKind[] }[];

export type LogFilter = (typeof LOG_FILTERS)[number]['id'];

interface RoundSoFar {
  entry: LogEntry;
  tables: Set<string>;
  read: number;
  written: number;
  deleted: number;
  conflicts: number;
}

/** The trace as sentences, oldest first. Pure: the same events give the same entries. */
export function eventLog(events: readonly TraceEvent[]): LogEntry[] {
  const entries: LogEntry[] = [];
  const rounds = new Map<number, RoundSoFar>();
  for (const event of events) {
    if ('round' in event) inRound(event, rounds, entries);
    else {
      const said = outsideRounds(event);
      if (said) entries.push({ id: `e${event.seq}`, at: event.at, ...said });
    }
  }
  return entries;
}

type RoundEvent = Extract<TraceEvent, { round: number }>;

function inRound(event: RoundEvent, rounds: Map<number, RoundSoFar>, entries: LogEntry[]): void {
  const nodes = [event.source, event.target];
  let round = rounds.get(event.round);
  if (round === undefined) {
    const entry: LogEntry = {
      id: `r${event.round}-${event.seq}`,
      at: event.at,
      kind: 'look',
      nodes,
      text: '',
    };
    round = { entry, tables: new Set(), read: 0, written: 0, deleted: 0, conflicts: 0 };
    rounds.set(event.round, round);
    entries.push(entry);
  }
  const name = `Round ${event.round}, ${event.source} to ${event.target}`;
  switch (event.type) {
    case 'read':
      round.read += event.rows;
      if (event.rows > 0) round.tables.add(tableWords(event.relation.schema, event.relation.table));
      break;
    case 'apply':
      round.written += event.written;
      round.deleted += event.deleted;
      break;
    case 'conflict':
      round.conflicts += 1;
      entries.push({
        id: `e${event.seq}`,
        at: event.at,
        kind: 'conflict',
        nodes: [event.conflict.winner.origin, event.conflict.loser.origin],
        text: conflictWords(event.conflict, event.target),
        conflict: event.conflict,
      });
      break;
    case 'round-failed':
      entries.push({
        id: `e${event.seq}`,
        at: event.at,
        kind: 'fault',
        nodes,
        text: `${name} failed: ${event.error} It is tried again in ${duration(event.retryInMs)}.`,
      });
      break;
  }
  const under = event.type === 'round-end' ? `, ${duration(event.ms)}` : '';
  round.entry.kind = round.read > 0 ? 'round' : 'look';
  round.entry.text = `${name}: ${roundWords(round)}${under}`;
}

function roundWords(round: RoundSoFar): string {
  if (round.read === 0) return 'nothing new';
  const parts = [`${count(round.read, 'row')} of ${[...round.tables].join(', ')} read`];
  if (round.written > 0) parts.push(`${round.written.toLocaleString('en-GB')} written`);
  if (round.deleted > 0) parts.push(`${round.deleted.toLocaleString('en-GB')} deleted`);
  if (round.conflicts > 0) parts.push(count(round.conflicts, 'conflict'));
  return parts.join(', ');
}

/** Who won, in one sentence. */
export function conflictWords(conflict: ConflictEvent, foundOn: string): string {
  const row = `${tableWords(conflict.relation.schema, conflict.relation.table)} ${keyWords(conflict.key)}`;
  return `Conflict on ${row}, found on ${foundOn}: the version of ${conflict.winner.origin} is later and wins over the one of ${conflict.loser.origin}`;
}

function outsideRounds(
  event: Exclude<TraceEvent, { round: number }>,
): Pick<LogEntry, 'kind' | 'nodes' | 'text'> | null {
  switch (event.type) {
    case 'link':
      return {
        kind: 'fault',
        nodes: [event.a, event.b],
        text: `The link ${event.a} to ${event.b} is ${event.up ? 'healed' : 'cut'}`,
      };
    case 'node':
      return {
        kind: 'fault',
        nodes: [event.node],
        text:
          event.state === 'lost'
            ? `Node ${event.node} is lost${event.error ? `: ${event.error}` : ''}`
            : `Node ${event.node} can be reached`,
      };
    case 'engine':
      if (event.state === 'idle' || event.state === 'busy') return null;
      return { kind: 'engine', nodes: [], text: `The engine is ${event.state}` };
    case 'kick':
      return event.reason === 'notify'
        ? { kind: 'engine', nodes: [event.node], text: `Node ${event.node} committed a change and kicks` }
        : null;
  }
}
