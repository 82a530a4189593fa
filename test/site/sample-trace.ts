import type { RecordedTrace } from '../../src/components/site/recorded-trace.ts';
import type { TraceEvent, TraceEventBody } from '../../src/engine/trace/events.ts';

const relation = { schema: 'public', table: 'goat' };

/** Three nodes: a row made on a reaches b and c; then b and c write row 7 while their links are cut. */
export function sampleTrace(): RecordedTrace {
  const events: TraceEvent[] = [];
  let at = 0;
  const add = (later: number, body: TraceEventBody) => {
    at += later;
    events.push({ seq: events.length + 1, at, ...body });
  };
  const round = (number: number, source: string, target: string, id: string, conflict = false) => {
    const inRound = { round: number, source, target };
    add(0.4, { type: 'round-start', ...inRound });
    add(1.6, {
      type: 'fold',
      ...inRound,
      relation,
      keys: conflict ? 0 : 1,
      counter: String(number),
      ms: 1.4,
    });
    add(1.8, { type: 'read', ...inRound, relation, rows: 1, bytes: 84, keys: [{ id }], ms: 1.5 });
    add(1.2, { type: 'merge', ...inRound, relation, losses: 0, conflicts: conflict ? 1 : 0, ms: 1 });
    if (conflict)
      add(0.1, {
        type: 'conflict',
        ...inRound,
        conflict: {
          relation,
          key: { id },
          rule: 'latest',
          winner: {
            origin: source,
            counter: '3',
            stamp: '2026-11-22T20:00:02.000001Z',
            row: { id: 7, coat: 'rust' },
          },
          loser: {
            origin: target,
            counter: '9',
            stamp: '2026-11-22T20:00:01.000001Z',
            row: { id: 7, coat: 'slate' },
          },
        },
      });
    add(0.9, { type: 'apply', ...inRound, relation, written: 1, deleted: 0, ms: 0.8 });
    add(1.1, { type: 'target-commit', ...inRound, ms: 1 });
    add(0.9, { type: 'settle', ...inRound, purged: 1, ms: 0.8 });
    add(0.1, { type: 'round-end', ...inRound, rows: 1, conflicts: conflict ? 1 : 0, ms: 8 });
  };
  add(0, { type: 'kick', node: 'a', reason: 'notify' });
  round(1, 'a', 'b', '13');
  round(2, 'a', 'c', '13');
  add(900, { type: 'link', a: 'b', b: 'c', up: false });
  add(4, { type: 'link', a: 'a', b: 'c', up: false });
  add(700, { type: 'kick', node: 'b', reason: 'notify' });
  round(3, 'b', 'a', '7');
  add(800, { type: 'link', a: 'b', b: 'c', up: true });
  round(4, 'b', 'c', '7', true);
  add(2, { type: 'link', a: 'a', b: 'c', up: true });
  add(0.4, { type: 'round-start', round: 5, source: 'c', target: 'a' });
  add(0.4, { type: 'round-end', round: 5, source: 'c', target: 'a', rows: 0, conflicts: 0, ms: 0.4 });
  return {
    nodes: ['a', 'b', 'c'],
    links: [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ],
    events,
  };
}
