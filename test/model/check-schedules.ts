import fc from 'fast-check';
import { type RunOptions, type RunOutcome, runSchedule } from './run-schedule.ts';
import { type Ingredients, scheduleArbitrary } from './schedule.ts';

export interface CheckOptions extends RunOptions {
  runs?: number;
  ingredients?: Partial<Ingredients>;
}

/**
 * Runs random schedules until `complaint` returns a text, and throws with the smallest schedule found and its seed.
 * `CAPRA_TEST_SEED` repeats a run.
 */
export function checkSchedules(
  complaint: (outcome: RunOutcome) => string | undefined,
  { runs = 2_000, ingredients, ...options }: CheckOptions = {},
): void {
  const seed = process.env.CAPRA_TEST_SEED ? Number(process.env.CAPRA_TEST_SEED) : undefined;
  fc.assert(
    fc.property(scheduleArbitrary(ingredients), (schedule) => {
      const found = complaint(runSchedule(schedule, options));
      if (found !== undefined) throw new Error(found);
    }),
    { numRuns: runs, seed, verbose: fc.VerbosityLevel.None },
  );
}
