import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { circularLayout, lane } from '../../src/components/sandbox/diagram-layout.ts';
import { linkLook, nodeAction } from '../../src/components/sandbox/node-words.ts';
import { Refresher } from '../../src/components/sandbox/refresher.ts';
import { ScriptHistory } from '../../src/components/sandbox/script-history.ts';

describe('the history of a console', () => {
  it('goes back through the scripts and returns to what was being written', () => {
    const history = new ScriptHistory();
    history.add('one');
    history.add('two');
    expect(history.step('older', 'dra')).toBe('two');
    expect(history.step('older', 'two')).toBe('one');
    expect(history.step('older', 'one')).toBeNull();
    expect(history.step('newer', 'one')).toBe('two');
    expect(history.step('newer', 'two')).toBe('dra');
    expect(history.step('newer', 'dra')).toBeNull();
  });

  it('keeps a script that is run again once', () => {
    const history = new ScriptHistory();
    history.add('one');
    history.add('one');
    expect(history.step('older', '')).toBe('one');
    expect(history.step('older', 'one')).toBeNull();
  });
});

describe('the refresher', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function refresher(answers: (boolean | Error)[]) {
    const looks: number[] = [];
    const stale: boolean[] = [];
    const refresher = new Refresher({
      look: async () => {
        looks.push(Date.now());
        const answer = answers.shift() ?? false;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      onStale: (value) => void stale.push(value),
    });
    return { refresher, looks, stale };
  }

  it('asks once for a burst, soon, and a steady stream does not put it off', async () => {
    const { refresher: one, looks } = refresher([]);
    for (let index = 0; index < 20; index++) {
      one.touch();
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(looks).toHaveLength(1);
    one.close();
  });

  it('looks again slowly while something is in flight, and rests when nothing is', async () => {
    const { refresher: one, looks, stale } = refresher([true, false]);
    one.touch(0);
    await vi.advanceTimersByTimeAsync(1_600);
    expect(looks).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks).toHaveLength(2);
    expect(stale.at(-1)).toBe(false);
    one.close();
  });

  it('stays stale after a look that failed, and tries again', async () => {
    const { refresher: one, looks, stale } = refresher([new Error('node away'), false]);
    one.touch(0);
    await vi.advanceTimersByTimeAsync(100);
    expect(stale).toEqual([true]);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(looks).toHaveLength(2);
    expect(stale.at(-1)).toBe(false);
    one.close();
  });
});

describe('the diagram', () => {
  it('keeps two to eight nodes inside the box and apart from each other', () => {
    for (let count = 2; count <= 8; count++) {
      const names = [...'abcdefgh'].slice(0, count);
      const places = [
        ...circularLayout(names, { width: 440, height: 306, marginX: 62, marginY: 56 }).values(),
      ];
      for (const [index, { x, y }] of places.entries()) {
        expect(x).toBeGreaterThanOrEqual(40);
        expect(x).toBeLessThanOrEqual(400);
        expect(y).toBeGreaterThanOrEqual(40);
        expect(y).toBeLessThanOrEqual(266);
        for (const other of places.slice(index + 1))
          expect(Math.hypot(x - other.x, y - other.y)).toBeGreaterThan(60);
      }
    }
  });

  it('puts the two directions of a link on different lanes', () => {
    const one = lane({ x: 0, y: 0 }, { x: 100, y: 0 });
    const other = lane({ x: 100, y: 0 }, { x: 0, y: 0 });
    expect(one.from.y).toBeGreaterThan(0);
    expect(other.from.y).toBeLessThan(0);
  });

  it('shows a link to a stopped node as idle, a cut one as cut whatever its nodes do', () => {
    const node = (name: string, status: 'running' | 'stopped') => ({
      name,
      status,
      waiting: 0,
      version: '18',
      error: null,
    });
    const nodes = [node('a', 'running'), node('b', 'stopped')];
    const link = { a: 'a', b: 'b', up: true, busyFrom: null, error: null };
    expect(linkLook(link, nodes)).toBe('away');
    expect(linkLook({ ...link, up: false }, nodes)).toBe('cut');
  });

  it('offers to start what is stopped or lost, and nothing while a node starts', () => {
    expect(nodeAction({ name: 'a', status: 'running' })).toBe('Stop node a');
    expect(nodeAction({ name: 'a', status: 'lost' })).toBe('Start node a');
    expect(nodeAction({ name: 'a', status: 'starting' })).toBeNull();
  });
});
