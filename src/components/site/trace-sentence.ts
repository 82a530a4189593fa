import type { RowKey, TraceEvent } from '../../engine/trace/events.ts';

/** One event in words, for people who read or hear instead of watching; null where a person needs no words. */
export function traceSentence(event: TraceEvent): string | null {
  switch (event.type) {
    case 'kick':
      return event.reason === 'notify'
        ? `A change is committed on ${event.node}, and the engine is told.`
        : null;
    case 'fold':
      return event.keys === 0
        ? null
        : `${event.source} gives ${count(event.keys, 'changed row')} counter ${event.counter}.`;
    case 'read':
      return event.rows === 0
        ? null
        : `${rows(event.rows, event.keys)} travels from ${event.source} to ${event.target} (${event.bytes} bytes).`;
    case 'conflict': {
      const { key, winner, loser } = event.conflict;
      return `${event.target} holds another version of ${keyWords(key)} that knew nothing of this one. The later one, from ${winner.origin}, wins; the one from ${loser.origin} goes to the conflict log.`;
    }
    case 'target-commit':
      return `${event.target} has committed. From here on the change is safe there too.`;
    case 'link':
      return event.up
        ? `The link between ${event.a} and ${event.b} is healed.`
        : `The link between ${event.a} and ${event.b} is cut.`;
    case 'node':
      return event.state === 'lost' ? `${event.node} is lost.` : `${event.node} answers again.`;
    case 'round-failed':
      return `The round from ${event.source} to ${event.target} failed and is repeated: ${event.error}`;
    default:
      return null;
  }
}

/** `{id: '13'}` as `id 13`; several columns joined by commas. */
export function keyWords(key: RowKey): string {
  return Object.entries(key)
    .map(([column, value]) => `${column} ${value}`)
    .join(', ');
}

function rows(number: number, keys: RowKey[]): string {
  const only = keys[0];
  return number === 1 && only !== undefined ? `The row with ${keyWords(only)}` : `A set of ${number} rows`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
