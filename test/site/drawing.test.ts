import { describe, expect, test } from 'vitest';
import { joinBase } from '../../src/components/site/link.ts';
import { NODE_NAMES, nodeIdentity } from '../../src/components/site/node-shapes.ts';
import { placesOnCircle, trailPath, trailPoint } from '../../src/components/site/places.ts';
import { contours } from '../../src/components/site/terrain.ts';

describe('node identities', () => {
  test('are eight different shapes with eight different colours', () => {
    const identities = NODE_NAMES.map((name) => nodeIdentity(name));
    for (const part of ['shape', 'path', 'colour'] as const)
      expect(new Set(identities.map((identity) => identity[part])).size).toBe(8);
  });

  test('stay inside a circle of radius 13', () => {
    for (const name of NODE_NAMES) {
      const corners = nodeIdentity(name).path.match(/-?[\d.]+ -?[\d.]+(?= [LZAQ]|$)/g) ?? [];
      for (const corner of corners) {
        const [x, y] = corner.split(' ').map(Number);
        expect(Math.hypot(x!, y!), `${name} ${corner}`).toBeLessThan(15.5);
      }
    }
  });

  test('are given to a node of any name, always the same one', () => {
    expect(nodeIdentity('berlin')).toBe(nodeIdentity('berlin'));
    expect(nodeIdentity('toString').path).toMatch(/^M/);
  });
});

describe('trails', () => {
  test('are one line in both directions, and begin and end at the places', () => {
    const [one, other] = [
      { x: 10, y: 20 },
      { x: 200, y: 90 },
    ];
    const there = trailPath(one, other).split('Q')[1]!.trim().split(' ').slice(0, 2);
    const back = trailPath(other, one).split('Q')[1]!.trim().split(' ').slice(0, 2);
    expect(there).toEqual(back);
    expect(trailPoint(one, other, 0)).toEqual(one);
    expect(trailPoint(one, other, 1)).toEqual(other);
  });

  test('places of any number of nodes lie in the drawing, none on another', () => {
    for (let count = 2; count <= 8; count++) {
      const places = Object.values(placesOnCircle(NODE_NAMES.slice(0, count), 800, 480));
      expect(new Set(places.map(({ x, y }) => `${Math.round(x)} ${Math.round(y)}`)).size).toBe(count);
      for (const { x, y } of places) expect(x > 60 && x < 740 && y > 60 && y < 420).toBe(true);
    }
  });
});

describe('contour lines', () => {
  const map = contours(400, 300, [{ x: 200, y: 150, height: 1, spread: 120 }]);

  test('close around a summit', () => {
    expect(map.at(-3)!.path).toMatch(/^M.*Z$/);
  });

  test('are the same every time, and small enough for a page', () => {
    expect(contours(400, 300, [{ x: 200, y: 150, height: 1, spread: 120 }])).toEqual(map);
    expect(map.map(({ path }) => path).join('').length).toBeLessThan(20_000);
    expect(map.map(({ path }) => path).join('')).not.toMatch(/NaN|Infinity/);
  });
});

test.each([
  ['/', 'talks/', '/talks/'],
  ['/pug', 'talks/', '/pug/talks/'],
  ['/pug/', '/icon.svg', '/pug/icon.svg'],
  ['/', '', '/'],
])('under %s the path %s is %s', (base, path, link) => expect(joinBase(base, path)).toBe(link));
