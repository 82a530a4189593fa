import { describe, expect, it } from 'vitest';
import { eventLog } from '../../src/components/sandbox/event-log.ts';
import { appendTrace, TRACE_EVENTS_MAX, touchesRows } from '../../src/components/sandbox/trace-buffer.ts';
import { JourneyPlanner, pace } from '../../src/components/sandbox/travel.ts';
import type { ConflictEvent, TraceEvent, TraceEventBody } from '../../src/engine/trace/events.ts';

const relation = { schema: 'public', table: 'goat' };
const conflict: ConflictEvent = {
  relation,
  key: { id: '2' },
  rule: 'latest',
  winner: { origin: 'b', counter: '4', stamp: '2026-11-23T10:22:31.123456Z', row: { id: 2, name: 'south' } },
  loser: { origin: 'a', counter: '7', stamp: '2026-11-23T10:22:29.003456Z', row: null },
};

function events(...bodies: (TraceEventBody & { at?: number })[]): TraceEvent[] {
  return bodies.map((body, index) => ({ seq: index + 1, at: body.at ?? index, ...body }));
}

function round(number: number, source: string, target: string, at: number, tookMs: number) {
  const head = { round: number, source, target };
  return [
    { ...head, type: 'round-start', at },
    { ...head, type: 'read', relation, rows: 1, bytes: 90, keys: [{ id: '13' }], ms: 0, at },
    { ...head, type: 'apply', relation, written: 1, deleted: 0, ms: 1, at: at + tookMs },
    { ...head, type: 'target-commit', ms: 1, at: at + tookMs },
    { ...head, type: 'round-end', rows: 1, conflicts: 0, ms: tookMs, at: at + tookMs },
  ] as const satisfies (TraceEventBody & { at: number })[];
}

describe('the event list', () => {
  it('tells a whole round in one sentence with counts and units', () => {
    const [entry, ...others] = eventLog(events(...round(12, 'a', 'b', 0, 4.2)));
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ kind: 'round', nodes: ['a', 'b'] });
    expect(entry?.text).toBe('Round 12, a to b: 1 row of goat read, 1 written, 4.2 ms');
  });

  it('tells a round that found nothing apart, so that it can be hidden', () => {
    const head = { round: 3, source: 'a', target: 'c' };
    const log = eventLog(
      events({ ...head, type: 'round-start' }, { ...head, type: 'round-end', rows: 0, conflicts: 0, ms: 1 }),
    );
    expect(log).toMatchObject([{ kind: 'look', text: 'Round 3, a to c: nothing new, 1.0 ms' }]);
  });

  it('names the winner of a conflict and keeps both rows', () => {
    const head = { round: 3, source: 'a', target: 'b' };
    const [entry] = eventLog(events({ ...head, type: 'conflict', conflict })).filter(
      (one) => one.kind === 'conflict',
    );
    expect(entry?.text).toContain('goat id 2');
    expect(entry?.text).toContain('the version of b is later and wins over the one of a');
    expect(entry?.conflict).toEqual(conflict);
  });

  it('says why a round failed and when it is tried again', () => {
    const head = { round: 3, source: 'a', target: 'b' };
    const log = eventLog(
      events({ ...head, type: 'round-failed', error: 'The link was cut.', code: 'cut', retryInMs: 100 }),
    );
    expect(log.map((one) => one.text).join()).toContain(
      'failed: The link was cut. It is tried again in 100 ms',
    );
  });
});

describe('the trace that a page holds', () => {
  it('takes an event once, although it was in the first answer and pushed as well', () => {
    const first = events(
      { type: 'kick', node: 'a', reason: 'notify' },
      { type: 'link', a: 'a', b: 'b', up: true },
    );
    const { trace, fresh } = appendTrace(first, [first[1]!, { ...first[1]!, seq: 3, at: 9 }]);
    expect(trace.map((one) => one.seq)).toEqual([1, 2, 3]);
    expect(fresh.map((one) => one.seq)).toEqual([3]);
  });

  it('forgets the past when a new engine begins to count again', () => {
    const old = events(
      { type: 'kick', node: 'a', reason: 'notify', at: 5 },
      { type: 'kick', node: 'b', reason: 'request', at: 6 },
    );
    const begun: TraceEvent = { seq: 1, at: 100, type: 'engine', state: 'running' };
    expect(appendTrace(old, [begun]).trace).toEqual([begun]);
  });

  it('never grows beyond its limit', () => {
    const many = Array.from(
      { length: TRACE_EVENTS_MAX + 10 },
      (_, index): TraceEvent => ({
        seq: index + 1,
        at: index,
        type: 'kick',
        node: 'a',
        reason: 'request',
      }),
    );
    const { trace } = appendTrace([], many);
    expect(trace).toHaveLength(TRACE_EVENTS_MAX);
    expect(trace.at(-1)?.seq).toBe(TRACE_EVENTS_MAX + 10);
  });

  it('calls what is known old after a change, and not after a round that found nothing', () => {
    const head = { seq: 1, at: 1, round: 1, source: 'a', target: 'b' };
    expect(touchesRows({ ...head, type: 'round-end', rows: 1, conflicts: 0, ms: 1 })).toBe(true);
    expect(touchesRows({ ...head, type: 'round-end', rows: 0, conflicts: 0, ms: 1 })).toBe(false);
    expect(touchesRows({ seq: 1, at: 1, type: 'link', a: 'a', b: 'b', up: false })).toBe(true);
  });
});

describe('journeys on the diagram', () => {
  it('shows a duration at a scale that can be said, never longer than a second or so unless it really was', () => {
    expect(pace(4.2)).toEqual({ slowdown: 200, screenMs: 840 });
    expect(pace(80)).toEqual({ slowdown: 10, screenMs: 800 });
    expect(pace(3_000)).toEqual({ slowdown: 1, screenMs: 3_000 });
  });

  it('lets a change leave a node only after it was seen to arrive there', () => {
    const planner = new JourneyPlanner();
    const [first] = planner.plan(events(...round(1, 'a', 'b', 0, 4)), 1_000);
    const [second] = planner.plan(events(...round(2, 'b', 'c', 5, 4)), 1_010);
    expect(first?.delayMs).toBe(0);
    expect(second?.delayMs).toBe(first!.screenMs - 10);
  });

  it('marks a journey that met a conflict, and one that was broken off', () => {
    const head = { round: 7, source: 'a', target: 'b' };
    const read = {
      ...head,
      type: 'read',
      relation,
      rows: 3,
      bytes: 90,
      keys: [] as Record<string, string>[],
      ms: 0,
    } as const;
    const planner = new JourneyPlanner();
    const [met] = planner.plan(
      events(read, { ...head, type: 'conflict', conflict }, { ...head, type: 'target-commit', ms: 1 }),
      0,
    );
    expect(met).toMatchObject({ conflict: true, state: 'landed', label: '3 rows' });
    const [broken] = planner.plan(
      events(read, { ...head, type: 'round-failed', error: 'cut', code: 'cut', retryInMs: 1 }),
      0,
    );
    expect(broken?.state).toBe('broken-off');
  });

  it('draws nothing for a round without rows', () => {
    const head = { round: 8, source: 'a', target: 'b' };
    const journeys = new JourneyPlanner().plan(
      events(
        { ...head, type: 'read', relation, rows: 0, bytes: 0, keys: [], ms: 0 },
        { ...head, type: 'target-commit', ms: 1 },
      ),
      0,
    );
    expect(journeys).toEqual([]);
  });
});
