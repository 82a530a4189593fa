/** Random schedules: who writes what, which rounds run, which links are cut, where a round dies, how clocks go wrong. */
import fc from 'fast-check';
import type { Write } from './capture.ts';
import type { CrashPoint } from './model.ts';

export interface Schedule {
  nodes: number;
  /** Pairs of node ids, connected when all are up. */
  links: [number, number][];
  steps: ScheduleStep[];
}

export type ScheduleStep =
  | { type: 'write'; node: number; write: Write }
  /** From now on the node's clock is wrong by this many hours. */
  | { type: 'skew'; node: number; hours: number }
  | { type: 'link'; link: number; up: boolean }
  | {
      type: 'round';
      link: number;
      back: boolean;
      crash: CrashPoint | null;
      purge: boolean;
      meanwhile: Write[];
      meanwhileThere?: Write[];
    }
  | { type: 'purge'; node: number };

/** What a schedule may contain. A fraction of zero leaves a thing out. */
export interface Ingredients {
  nodesMin: number;
  nodesMax: number;
  stepsMax: number;
  crashes: boolean;
  /** Writes that are committed on the target while a round runs. */
  meanwhileThere: boolean;
  /** Writes that are committed on the source while a round runs. */
  meanwhile: boolean;
  /** Rounds and nodes purge at random moments; else every round does. */
  randomPurge: boolean;
  skews: boolean;
}

export const everything: Ingredients = {
  nodesMin: 2,
  nodesMax: 5,
  stepsMax: 40,
  crashes: true,
  meanwhile: true,
  meanwhileThere: true,
  randomPurge: true,
  skews: true,
};

const key = fc.constantFrom('k', 'l', 'm');
const crashPoint: fc.Arbitrary<CrashPoint> = fc.constantFrom(
  'after fold',
  'after read',
  'after merge',
  'after apply',
  'between the commits',
  'between the commits',
);

export const writeArbitrary: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant('put' as const), key, value: fc.constantFrom('x', 'y', 'z') }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('delete' as const), key }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('rekey' as const), key, to: key }) },
  { weight: 1, arbitrary: fc.constant({ type: 'truncate' as const }) },
);

const fewWrites: fc.Arbitrary<Write[]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Write[]>([]) },
  { weight: 1, arbitrary: fc.array(writeArbitrary, { minLength: 1, maxLength: 2 }) },
);

export function scheduleArbitrary(ingredients: Partial<Ingredients> = {}): fc.Arbitrary<Schedule> {
  const wanted = { ...everything, ...ingredients };
  return fc
    .integer({ min: wanted.nodesMin, max: wanted.nodesMax })
    .chain((nodes) => linksArbitrary(nodes).chain((links) => stepsArbitrary(nodes, links, wanted)));
}

/** A random tree, so that all nodes are connected, and some of the other pairs: pair, star, ring, cascade, mesh. */
function linksArbitrary(nodes: number): fc.Arbitrary<[number, number][]> {
  const parents = fc.tuple(
    ...Array.from({ length: nodes - 1 }, (_, i) => fc.integer({ min: 1, max: i + 1 })),
  );
  const pairs: [number, number][] = [];
  for (let a = 1; a <= nodes; a++) for (let b = a + 1; b <= nodes; b++) pairs.push([a, b]);
  return fc.tuple(parents, fc.subarray(pairs)).map(([tree, extra]) => {
    const links = new Map<string, [number, number]>();
    tree.forEach((parent, i) => {
      links.set(`${parent}-${i + 2}`, [parent, i + 2]);
    });
    for (const [a, b] of extra) links.set(`${a}-${b}`, [a, b]);
    return [...links.values()];
  });
}

function stepsArbitrary(
  nodes: number,
  links: [number, number][],
  wanted: Ingredients,
): fc.Arbitrary<Schedule> {
  const node = fc.integer({ min: 1, max: nodes });
  const link = fc.integer({ min: 0, max: links.length - 1 });
  const nothing = fc.constant(null);
  const step: fc.Arbitrary<ScheduleStep> = fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({ type: fc.constant('write' as const), node, write: writeArbitrary }),
    },
    {
      weight: 14,
      arbitrary: fc.record({
        type: fc.constant('round' as const),
        link,
        back: fc.boolean(),
        crash: wanted.crashes
          ? fc.oneof({ weight: 3, arbitrary: nothing }, { weight: 1, arbitrary: crashPoint })
          : nothing,
        purge: wanted.randomPurge ? fc.boolean() : fc.constant(true),
        meanwhile: wanted.meanwhile ? fewWrites : fc.constant<Write[]>([]),
        meanwhileThere: wanted.meanwhileThere ? fewWrites : fc.constant<Write[]>([]),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('link' as const), link, up: fc.boolean() }) },
    ...(wanted.skews
      ? [
          {
            weight: 2,
            arbitrary: fc.record({
              type: fc.constant('skew' as const),
              node,
              hours: fc.integer({ min: -3, max: 3 }),
            }),
          },
        ]
      : []),
    ...(wanted.randomPurge
      ? [{ weight: 1, arbitrary: fc.record({ type: fc.constant('purge' as const), node }) }]
      : []),
  );
  return fc
    .array(step, { minLength: 1, maxLength: wanted.stepsMax, size: 'max' })
    .map((steps) => ({ nodes, links, steps }));
}
