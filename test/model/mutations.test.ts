/** Every rule is needed: with one rule switched off, the same schedules that pass with all rules break invariants. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Violation } from './oracle.ts';
import { allRules, type Rules } from './rules.ts';
import { runSchedule } from './run-schedule.ts';
import { scheduleArbitrary } from './schedule.ts';

/** What breaks first and foremost without the rule. */
const broken: Record<keyof Rules, Violation['invariant'][]> = {
  foldTargetFirst: [2, 3, 5],
  lookAgainAfterFold: [4],
  purgeOnlyWhatAllKnow: [1, 3, 5],
  countersFromSequence: [1, 3, 6],
  floorAtCapture: [2, 5],
  orderByStamp: [1, 2, 5],
  winnerKeepsDot: [1, 3],
  mergeKnowledge: [4, 7],
  targetCommitsFirst: [1, 3, 5],
  sendTombstones: [1, 3],
  captureOldKey: [1, 3],
  detectConflicts: [1, 2, 3],
  oneSnapshot: ['snapshot'],
  logOnce: [4],
};

/** Always the same schedules, so that a mutation is not caught by luck. */
const schedules = fc.sample(scheduleArbitrary(), { numRuns: 2_000, seed: 7 });

function brokenInvariants(rules: Partial<Rules>): Set<Violation['invariant']> {
  const found = schedules.flatMap((schedule) => runSchedule(schedule, { rules }).oracle.violations);
  return new Set(found.map(({ invariant }) => invariant));
}

test('with all rules the schedules break nothing', () => {
  expect(brokenInvariants(allRules)).toEqual(new Set());
});

describe('the invariants break without the rule', () => {
  test.each(Object.entries(broken) as [keyof Rules, Violation['invariant'][]][])('%s', (rule, expected) => {
    expect([...brokenInvariants({ [rule]: false })]).toEqual(expect.arrayContaining(expected));
  });
});

test('every invariant is broken by some mutation', () => {
  expect(new Set(Object.values(broken).flat())).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 'snapshot']));
});
