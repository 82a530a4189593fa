/** Writes counts, and each skipped test with its reason, as JSON to the file that `CAPRA_COUNTS` names. */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import { type Counts, noCounts } from './counts.ts';

export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = noCounts();
    counts.failed += unhandledErrors.length;
    for (const module of modules) countModule(module, counts);
    const file = process.env.CAPRA_COUNTS;
    if (file) writeFileSync(file, JSON.stringify(counts));
  }
}

function countModule(module: TestModule, counts: Counts): void {
  // A file that could not be loaded has errors and no tests.
  counts.failed += module.errors().length;
  for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === 'passed') counts.passed++;
    else if (result.state === 'skipped') {
      const reason = result.note ?? (test.options.mode === 'todo' ? 'to do' : 'skipped in its file');
      counts.skipped.push({ name: test.fullName, reason });
    } else counts.failed++;
  }
}
