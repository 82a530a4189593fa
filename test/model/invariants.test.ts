import { describe, expect, test } from 'vitest';
import { checkSchedules } from './check-schedules.ts';
import { hardSchedules } from './hard-schedules.ts';
import type { Violation } from './oracle.ts';
import { type RunOutcome, runSchedule } from './run-schedule.ts';

const invariants: [Violation['invariant'], string][] = [
  [1, 'after quiet and full connectivity all nodes hold the same rows'],
  [2, 'a write that saw another write is never beaten by it'],
  [3, 'no committed write disappears without an entry in the conflict log'],
  [4, 'a round that dies at any step and is repeated has the effect of one round'],
  [5, 'a deleted row does not come back'],
  [6, 'counters are never used again and knowledge never shrinks'],
  [7, 'nothing is left to send and no version is kept when all is known everywhere'],
  ['snapshot', 'a target moves from one state of the source to the next, never to a mixture of two'],
];

function firstOf(invariant: Violation['invariant']): (outcome: RunOutcome) => string | undefined {
  return ({ oracle }) => oracle.violations.find((violation) => violation.invariant === invariant)?.what;
}

describe('with two to five nodes, wrong clocks, cut links, crashes at every step and purges at random moments', () => {
  test.each(invariants)('invariant %s: %s', (invariant) => {
    checkSchedules(firstOf(invariant), { runs: 3_000 });
  });
});

describe('between two nodes that skip writing versions', () => {
  test.each(invariants)('invariant %s: %s', (invariant) => {
    checkSchedules(firstOf(invariant), { skipVersions: true, ingredients: { nodesMax: 2 } });
  });

  test('no version of a foreign dot is ever kept', () => {
    checkSchedules(
      ({ foreignVersionsMax }) =>
        foreignVersionsMax > 0 ? `${foreignVersionsMax} foreign versions` : undefined,
      { skipVersions: true, ingredients: { nodesMax: 2 }, runs: 500 },
    );
  });
});

describe('conflicts', () => {
  test('are found only between writes of which neither had seen the other, while no round dies between the commits', () => {
    let conflicts = 0;
    checkSchedules(
      ({ oracle }) => {
        conflicts += oracle.conflicts;
        return oracle.needless > 0
          ? `${oracle.needless} conflicts between a write and one that had seen it`
          : undefined;
      },
      { ingredients: { crashes: false } },
    );
    expect(conflicts).toBeGreaterThan(500);
  });
});

describe('what once was trouble', () => {
  test.each(Object.entries(hardSchedules))('%s', (_, schedule) => {
    expect(runSchedule(schedule).oracle.violations).toEqual([]);
    if (schedule.nodes === 2)
      expect(runSchedule(schedule, { skipVersions: true }).oracle.violations).toEqual([]);
  });
});

test('five nodes come to rest within a handful of sweeps over all links', () => {
  checkSchedules(({ sweeps }) => (sweeps > 7 ? `${sweeps} sweeps` : undefined), {
    ingredients: { nodesMin: 5 },
  });
});
