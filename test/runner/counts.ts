/** What a stage of `npm test` found. */
export interface Counts {
  passed: number;
  failed: number;
  /** Name and reason of each test that did not run. */
  skipped: { name: string; reason: string }[];
}

export function noCounts(): Counts {
  return { passed: 0, failed: 0, skipped: [] };
}

export function add(total: Counts, part: Counts): void {
  total.passed += part.passed;
  total.failed += part.failed;
  total.skipped.push(...part.skipped);
}

/**
 * What a runner reported, made honest by how it ended: a crash after the last report, or a run without any test,
 * is a failure and not a success with nothing in it.
 */
export function judge(name: string, counts: Counts | null, exitCode: number): Counts {
  const result = counts ?? noCounts();
  const ran = result.passed + result.failed + result.skipped.length;
  if (!counts) fail('it left no report');
  else if (exitCode !== 0 && result.failed === 0) fail(`it ended with exit code ${exitCode}`);
  else if (ran === 0) fail('no test ran');
  return result;

  function fail(why: string) {
    process.stdout.write(`${name}: failed, because ${why}\n`);
    result.failed++;
  }
}
