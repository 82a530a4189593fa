/** Counts from what Playwright and Deno report. */
import { type Counts, noCounts } from './counts.ts';

interface PlaywrightSuite {
  title: string;
  suites?: PlaywrightSuite[];
  specs?: {
    title: string;
    tests: {
      projectName: string;
      status: 'expected' | 'unexpected' | 'flaky' | 'skipped';
      annotations: { type: string; description?: string }[];
    }[];
  }[];
}

/** @param report Playwright's JSON report. A test that passed only at its second try has failed once: it counts as failed. */
export function countPlaywright(report: { suites: PlaywrightSuite[]; errors?: unknown[] }): Counts {
  const counts = noCounts();
  counts.failed += report.errors?.length ?? 0;
  const walk = (suite: PlaywrightSuite, above: string[]) => {
    const path = [...above, suite.title];
    for (const child of suite.suites ?? []) walk(child, path);
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        if (test.status === 'expected') counts.passed++;
        else if (test.status === 'skipped') {
          const reason = test.annotations.find(
            ({ type }) => type === 'skip' || type === 'fixme',
          )?.description;
          const name = [...path, spec.title, test.projectName].filter(Boolean).join(' > ');
          counts.skipped.push({ name, reason: reason ?? 'skipped in its file' });
        } else counts.failed++;
      }
    }
  };
  for (const suite of report.suites) walk(suite, []);
  return counts;
}

/** @param output what `deno test` printed, without colours. Null where its summary is missing. */
export function countDeno(output: string): Counts | null {
  const summaries = [
    ...output.matchAll(/^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed(?:.*? \| (\d+) ignored)?/gm),
  ];
  if (summaries.length === 0) return null;
  const counts = noCounts();
  for (const [, passed, failed] of summaries) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  for (const [, name] of output.matchAll(/^(.+?) \.\.\. ignored/gm)) {
    counts.skipped.push({ name: name ?? '', reason: 'ignored in its file' });
  }
  return counts;
}
