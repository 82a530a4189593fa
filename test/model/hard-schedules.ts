/** Schedules that once were trouble, or that a rule exists for. They run first, before the random ones, in all suites. */
import type { Write } from './capture.ts';
import type { CrashPoint } from './model.ts';
import type { Schedule, ScheduleStep } from './schedule.ts';

const put = (node: number, value: string, key = 'k'): ScheduleStep => ({
  type: 'write',
  node,
  write: { type: 'put', key, value },
});
const write = (node: number, change: Write): ScheduleStep => ({ type: 'write', node, write: change });
const skew = (node: number, hours: number): ScheduleStep => ({ type: 'skew', node, hours });
const round = (link: number, back = false, crash: CrashPoint | null = null): ScheduleStep => ({
  type: 'round',
  link,
  back,
  crash,
  purge: true,
  meanwhile: [],
});
const [there, back] = [false, true];
const torn: CrashPoint = 'between the commits';

const pair = { nodes: 2, links: [[1, 2]] as [number, number][] };
const triangle = {
  nodes: 3,
  links: [
    [1, 2],
    [2, 3],
    [1, 3],
  ] as [number, number][],
};

export const hardSchedules: Record<string, Schedule> = {
  'a conflict whose round is repeated is logged once': {
    ...pair,
    steps: [put(1, 'z'), put(2, 'x'), round(0, there, torn), round(0, there)],
  },
  'a node is not in conflict with its own change that comes back': {
    ...triangle,
    steps: [put(1, 'x'), round(0, there, torn), put(1, 'y'), round(0, back), round(0, there)],
  },
  'nor where its clock has jumped back meanwhile': {
    ...pair,
    steps: [
      skew(1, 3),
      put(1, 'x'),
      round(0, there, torn),
      skew(1, -3),
      put(1, 'y'),
      round(0, back),
      round(0, there),
    ],
  },
  'a write over one from the future wins, although the round must be repeated': {
    ...pair,
    steps: [skew(1, 3), put(1, 'x'), round(0, there, torn), put(2, 'y'), round(0, there), round(0, back)],
  },
  'a delete under a slow clock is not undone by the insert that it had seen': {
    ...triangle,
    steps: [
      ...[skew(1, 3), skew(2, -3), put(1, 'x'), round(0), write(2, { type: 'delete', key: 'k' })],
      ...[round(2), round(1), round(1, back), round(0, back), round(2)],
    ],
  },
  'a tombstone waits for the node that has the row and is away': {
    ...triangle,
    steps: [
      ...[put(1, 'x'), round(0), round(2), write(1, { type: 'delete', key: 'k' }), round(0), round(0, back)],
      ...[put(3, 'y', 'l'), round(1, back), round(1), round(2, back)],
    ],
  },
  'two winners of two conflicts meet': {
    ...triangle,
    steps: [
      put(1, 'x'),
      put(2, 'y'),
      put(3, 'z'),
      round(0),
      round(1, back),
      round(2, back),
      round(0, back),
      round(1),
    ],
  },
  'keys change under each other on both sides': {
    ...pair,
    steps: [
      ...[put(1, 'x'), put(1, 'y', 'l'), round(0), write(1, { type: 'rekey', key: 'k', to: 'm' })],
      ...[write(2, { type: 'rekey', key: 'l', to: 'm' }), write(2, { type: 'rekey', key: 'k', to: 'l' })],
      ...[round(0), round(0, back)],
    ],
  },
  'a truncate meets a concurrent update and a concurrent insert': {
    ...triangle,
    steps: [
      ...[put(1, 'x'), put(1, 'x', 'l'), round(0), round(2), write(1, { type: 'truncate' })],
      ...[put(2, 'y'), put(3, 'z', 'm'), round(0), round(1), round(2, back), round(0, back)],
    ],
  },
  'a third node carries on what the source could not finish': {
    ...triangle,
    steps: [
      put(1, 'x'),
      round(0, there, torn),
      round(1),
      put(3, 'y'),
      put(1, 'z'),
      round(2, back),
      round(2),
      round(0),
    ],
  },
};
