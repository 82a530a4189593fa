/**
 * The schedules that prove the model, on real nodes with the real round, the model as oracle: after every round both
 * nodes hold the rows and the conflicts that the model's nodes hold. `CAPRA_TEST_SEED` repeats a run,
 * `CAPRA_TEST_SHRINK=1` looks for the smallest schedule that fails.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hardSchedules } from '../model/hard-schedules.ts';
import type { Conflict, Node } from '../model/node.ts';
import { ModelCluster } from '../model/run-schedule.ts';
import { type Ingredients, type Schedule, scheduleArbitrary } from '../model/schedule.ts';
import { type Backend, startNodes, type TestNodes } from './harness.ts';
import { type LoggedConflict, ScheduleNodes } from './schedule-nodes.ts';

const backends: [Backend, number, Partial<Ingredients>][] = [
  ['postgres', 40, { nodesMax: 4, stepsMax: 24, randomPurge: false, meanwhileThere: false }],
  // One session a node: nobody can write while a round runs.
  ['pglite', 60, { nodesMax: 3, stepsMax: 20, randomPurge: false, meanwhile: false, meanwhileThere: false }],
];

describe.each(backends)('generated schedules on %s', (backend, runs, ingredients) => {
  let started: TestNodes;
  let nodes: ScheduleNodes;
  beforeAll(async () => {
    started = await startNodes(backend, ingredients.nodesMax!, '');
    nodes = new ScheduleNodes(started);
  });
  afterAll(async () => {
    await nodes?.close();
    await started?.dispose();
  });

  test.each(Object.entries(hardSchedules))('%s', async (_, schedule) => {
    await nodes.reset(schedule.nodes);
    await walk(schedule, nodes);
  });

  test('hold after every round the rows and conflicts of the model, and at the end the same rows and no versions', async () => {
    const seed = process.env.CAPRA_TEST_SEED ? Number(process.env.CAPRA_TEST_SEED) : undefined;
    await fc.assert(
      fc.asyncProperty(scheduleArbitrary(ingredients), async (schedule) => {
        await nodes.reset(schedule.nodes);
        await walk(schedule, nodes);
      }),
      { numRuns: runs, seed, endOnFailure: !process.env.CAPRA_TEST_SHRINK },
    );
  }, 120_000);
});

async function walk(schedule: Schedule, nodes: ScheduleNodes): Promise<void> {
  const model = new ModelCluster(schedule);
  for (const [index, step] of schedule.steps.entries()) {
    const taken = model.take(step);
    if (step.type === 'write') await nodes.write(step.node, step.write);
    if (step.type === 'skew') await nodes.skew(step.node, step.hours);
    if (step.type !== 'round' || !taken) continue;
    const [source, target] = model.ends(step);
    await nodes.round(source, target, step.crash, step.meanwhile);
    for (const id of [source, target]) await compare(model.node(id), nodes, `after step ${index}`);
  }
  await rest(model, nodes);
}

/** Heals all links and runs rounds on both sides until the model is at rest: the engine is, too. */
async function rest(model: ModelCluster, nodes: ScheduleNodes): Promise<void> {
  model.up.fill(true);
  for (let before = ''; before !== model.fingerprint(); ) {
    before = model.fingerprint();
    for (const where of model.everyRound()) {
      const { source, target } = model.round(where);
      await nodes.round(source.id, target.id, null, []);
    }
  }
  for (const node of model.nodes) {
    await compare(node, nodes, 'at rest');
    expect(await nodes.rows(node.id)).toEqual(await nodes.rows(1));
    expect(await nodes.waiting(node.id), `left on node ${node.id}`).toEqual({ deltas: 0, versions: 0 });
  }
}

async function compare(node: Node, nodes: ScheduleNodes, when: string): Promise<void> {
  const rows = [...node.rows].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(await nodes.rows(node.id), `rows of node ${node.id} ${when}`).toEqual(rows);
  const sorted = (conflicts: LoggedConflict[]) =>
    conflicts.map((conflict) => JSON.stringify(conflict)).sort();
  expect(sorted(await nodes.conflicts(node.id)), `conflicts of node ${node.id} ${when}`).toEqual(
    sorted(node.conflicts.map(plain)),
  );
}

function plain({ key, winner, loser }: Conflict): LoggedConflict {
  return {
    key,
    winner: winner.dot.origin,
    winnerRow: winner.row,
    loser: loser.dot.origin,
    loserRow: loser.row,
  };
}
