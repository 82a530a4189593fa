import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readTrace } from '../../src/components/site/recorded-trace.ts';
import { buildScene, heldBy, isCut, lostOn } from '../../src/components/site/trace-scene.ts';
import { sampleTrace } from './sample-trace.ts';

const END = Number.POSITIVE_INFINITY;

describe('a recorded run on screen', () => {
  const scene = buildScene(sampleTrace());

  test('has one journey for each round that brought rows, and none for looks that found nothing', () => {
    expect(scene.journeys.map(({ from, to, label }) => `${from}${to} ${label}`)).toEqual([
      'ab id 13',
      'ac id 13',
      'ba id 7',
      'bc id 7',
    ]);
  });

  test('departs before it lands, within the run, at a pace that eyes can follow', () => {
    for (const { departMs, landMs } of scene.journeys) {
      expect(landMs - departMs).toBeGreaterThan(400);
      expect(departMs).toBeGreaterThanOrEqual(0);
      expect(landMs).toBeLessThanOrEqual(scene.durationMs);
    }
  });

  test('stretches every journey alike, so that the slower one takes longer', () => {
    const trace = sampleTrace();
    const late = trace.events.findIndex((event) => event.type === 'target-commit' && event.round === 2);
    for (const event of trace.events.slice(late)) event.at += 2;
    const [fast, slow] = buildScene(trace).journeys;
    expect(slow!.landMs - slow!.departMs).toBeGreaterThan(fast!.landMs - fast!.departMs);
  });

  test('cuts silences short: nobody waits for nothing', () => {
    expect(sampleTrace().events.at(-1)!.at).toBeGreaterThan(2_400);
    expect(scene.durationMs).toBeLessThan(2_400 * scene.slowdown);
    const times = scene.beats.map((beat) => beat.atMs);
    for (const [index, time] of times.slice(1).entries()) expect(time).toBeGreaterThanOrEqual(times[index]!);
  });

  test('shows a row on a node from its commit there, with the node that wrote it', () => {
    const [toB] = scene.journeys;
    expect(heldBy(scene, 'b', toB!.landMs - 1)).toEqual([]);
    expect(heldBy(scene, 'b', toB!.landMs)).toEqual([
      { key: 'id 13', label: 'id 13', origin: 'a', sinceMs: toB!.landMs },
    ]);
  });

  test('keeps the winner of a conflict on the node where it was found', () => {
    expect(scene.journeys.at(-1)).toMatchObject({ conflict: true, winner: 'b' });
    expect(heldBy(scene, 'c', END)[0]).toMatchObject({ label: 'id 7', origin: 'b' });
  });

  test('shows the version that lost for a while, as it goes to the conflict log', () => {
    const written = { ...sampleTrace(), writes: [{ seq: 1, node: 'c', key: 'id 7', words: '7 slate' }] };
    const told = buildScene(written);
    const { landMs } = told.journeys.at(-1)!;
    expect(heldBy(told, 'c', landMs - 1)).toContainEqual(
      expect.objectContaining({ label: '7 slate', origin: 'c' }),
    );
    expect(lostOn(told, 'c', landMs)).toMatchObject([{ label: '7 slate', origin: 'c' }]);
    expect(lostOn(told, 'c', landMs - 1)).toEqual([]);
    expect(lostOn(told, 'a', landMs)).toEqual([]);
  });

  test('knows when a link was cut, whichever end is named first', () => {
    const cut = scene.cuts.find(({ a, b }) => a === 'b' && b === 'c')!;
    expect(isCut(scene, 'c', 'b', cut.fromMs)).toBe(true);
    expect(isCut(scene, 'c', 'b', cut.toMs)).toBe(false);
    expect(isCut(scene, 'a', 'b', cut.fromMs)).toBe(false);
  });

  test('tells the same in sentences', () => {
    const words = scene.beats.map((beat) => beat.text).join('\n');
    expect(words).toContain('The row with id 13 travels from a to b (84 bytes).');
    expect(words).toContain('The link between b and c is cut.');
    expect(words).toMatch(/c holds another version of id 7.*from b, wins.*from c goes to the conflict log/);
  });

  test('of nothing is nothing, and breaks nothing', () => {
    expect(buildScene({ nodes: ['a'], links: [], events: [] })).toMatchObject({
      durationMs: 0,
      journeys: [],
    });
  });
});

describe('a trace file', () => {
  test('may name nodes and links as objects, and have absolute times', () => {
    const { events } = sampleTrace();
    const file = {
      nodes: [{ name: 'a' }, { name: 'b' }],
      links: [{ a: 'a', b: 'b' }],
      events: events.map((event) => ({ ...event, at: event.at + 1_795_000_000_000 })),
    };
    const trace = readTrace(JSON.parse(JSON.stringify(file)));
    expect(trace).toMatchObject({ nodes: ['a', 'b'], links: [['a', 'b']] });
    expect(trace.events[0]!.at).toBe(0);
  });

  test('tells what people wrote, by comparing the rows before and after', () => {
    const table = (rows: [string, string][]) => ({
      columns: ['id', 'name'],
      keyColumns: ['id'],
      nodes: ['a', 'b'],
      rows: rows.map(([id, name]) => ({ key: [id], cells: [[id, name], null] })),
    });
    const file = {
      ...sampleTrace(),
      rows: [
        { at: 0, tables: [table([['7', 'Liquen']])] },
        {
          at: 300,
          tables: [
            table([
              ['7', 'Liquen'],
              ['13', 'Luna'],
            ]),
          ],
        },
      ],
    };
    const trace = readTrace(file);
    expect(trace.writes).toEqual([{ seq: 1, node: 'a', key: 'id 13', words: '13 Luna' }]);
    expect(buildScene(trace).journeys[0]).toMatchObject({ key: 'id 13', label: '13 Luna' });
  });

  test('as recorded from the engine plays: every node shows what the others wrote', () => {
    const file = JSON.parse(
      readFileSync(new URL('../../src/content/traces/first-change.trace.json', import.meta.url), 'utf8'),
    );
    const scene = buildScene(readTrace(file));
    expect(scene.durationMs).toBeGreaterThan(5_000);
    expect(scene.durationMs).toBeLessThan(40_000);
    const seen = ['a', 'b', 'c'].map((node) =>
      heldBy(scene, node, END)
        .map(({ label, origin }) => `${label} by ${origin}`)
        .toSorted(),
    );
    expect(seen[0]!.length).toBeGreaterThan(1);
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    expect(scene.journeys.some((journey) => journey.conflict)).toBe(true);
  });

  test.each([null, {}, { nodes: [], links: [] }, 'text'])(
    'that is none is refused with what to do (%#)',
    (file) => {
      expect(() => readTrace(file)).toThrow('Record it again');
    },
  );
});
