import type { TraceEvent } from '../../engine/trace/events.ts';

/** Enough for an evening's talk; older events are dropped from the page, never from the engine's log. */
export const TRACE_EVENTS_MAX = 1_500;

/**
 * Adds newly arrived events to those that the page holds.
 *
 * Events can arrive twice (once in the answer to `open`, once pushed): `seq` tells. A `seq` that starts again, with
 * a later clock, is a new engine (the cluster was reset): what the page held is of the past and goes.
 */
export function appendTrace(
  held: readonly TraceEvent[],
  arrived: readonly TraceEvent[],
): { trace: TraceEvent[]; fresh: TraceEvent[] } {
  let trace = [...held];
  const fresh: TraceEvent[] = [];
  for (const event of arrived) {
    const newest = trace.at(-1);
    if (newest && event.seq <= newest.seq) {
      const known = trace.some((one) => one.seq === event.seq && one.at === event.at);
      if (known || event.at < newest.at) continue;
      trace = [];
      fresh.length = 0;
    }
    trace.push(event);
    fresh.push(event);
  }
  return { trace: trace.slice(-TRACE_EVENTS_MAX), fresh };
}

/** After this event the nodes may differ: what the page knew of their rows and its verdict are old. */
export function touchesRows(event: TraceEvent): boolean {
  switch (event.type) {
    case 'fold':
      return event.keys > 0;
    case 'read':
    case 'round-end':
      return event.rows > 0;
    case 'apply':
      return event.written + event.deleted > 0;
    case 'kick':
      return event.reason === 'notify';
    case 'conflict':
    case 'link':
    case 'node':
    case 'round-failed':
      return true;
    case 'engine':
      return event.state !== 'busy';
    default:
      return false;
  }
}
