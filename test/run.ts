/**
 * `npm test`: every check of the project, with live output. `node launch.mjs test/run.ts STAGE...` runs some of them.
 * The last line says `N passed, N failed`, with the number of skipped tests where there are any.
 */
import { add, noCounts } from './runner/counts.ts';
import { stages } from './runner/stages.ts';

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in stages));
if (unknown.length > 0) {
  process.stderr.write(`there is no stage "${unknown[0]}". Stages: ${Object.keys(stages).join(', ')}\n`);
  process.exit(2);
}

const total = noCounts();
const failedStages: string[] = [];
for (const [name, run] of Object.entries(stages)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n=== ${name} ===\n`);
  const began = performance.now();
  const part = noCounts();
  try {
    for (const counts of await run()) add(part, counts);
  } catch (error) {
    process.stdout.write(`${name}: failed, because the runner broke: ${(error as Error).stack}\n`);
    part.failed++;
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`--- ${name}: ${part.passed} passed, ${part.failed} failed, ${seconds} s\n`);
  if (part.failed > 0) failedStages.push(name);
  add(total, part);
}

process.stdout.write('\n');
for (const { name, reason } of total.skipped) process.stdout.write(`skipped: ${name} (${reason})\n`);
if (failedStages.length > 0) process.stdout.write(`failed in: ${failedStages.join(', ')}\n`);
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
