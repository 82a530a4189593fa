/**
 * Contour lines of an invented limestone massif, drawn at build time. Nodes stand on its summits.
 *
 * Marching squares over a height field, the segments joined into lines and smoothed. No randomness: the same input
 * gives the same map.
 */
export interface Summit {
  x: number;
  y: number;
  /** 1 is the height of the main summits. */
  height: number;
  /** Half-width of the mountain, in the units of the map. */
  spread: number;
}

export interface Contour {
  /** 0 is the lowest line. */
  level: number;
  /** An SVG path. */
  path: string;
}

type Point = [number, number];

/** @param step side of a cell of the height field; smaller is smoother and larger in bytes */
export function contours(
  width: number,
  height: number,
  summits: Summit[],
  { levels = 11, step = 12 } = {},
): Contour[] {
  const columns = Math.ceil(width / step) + 1;
  const rowCount = Math.ceil(height / step) + 1;
  const field = Array.from({ length: rowCount }, (_, row) =>
    Array.from({ length: columns }, (_, column) => altitude(column * step, row * step, summits)),
  );
  return Array.from({ length: levels }, (_, level) => {
    const segments = marchingSquares(field, 0.12 + (level * 0.92) / levels, step);
    const lines = joinSegments(segments).filter((line) => line.length > 5);
    return { level, path: lines.map(smoothPath).join('') };
  });
}

/** Height of the map at a point: summits, a slope between them, and the roughness of karst. */
export function altitude(x: number, y: number, summits: Summit[]): number {
  let sum = 0;
  for (const summit of summits) {
    const dx = (x - summit.x) / summit.spread;
    const dy = (y - summit.y) / (summit.spread * 0.78);
    const turned = dx * 0.86 + dy * 0.5;
    const across = dy * 0.86 - dx * 0.5;
    sum += summit.height * Math.exp(-(Math.abs(turned) ** 1.5) * 0.85 - Math.abs(across) ** 1.6);
  }
  const rough =
    Math.sin(x * 0.021 + y * 0.013) * Math.sin(y * 0.027 - x * 0.008) * 0.075 +
    Math.sin(x * 0.053 - y * 0.041) * 0.022 +
    Math.sin(x * 0.011 + 1.7) * Math.cos(y * 0.009) * 0.07;
  return sum * (1 + rough) + rough * 0.55 + 0.1;
}

function marchingSquares(field: number[][], level: number, step: number): [Point, Point][] {
  const segments: [Point, Point][] = [];
  for (let row = 0; row + 1 < field.length; row++) {
    for (let column = 0; column + 1 < field[row]!.length; column++) {
      const corners = [
        field[row]![column]!,
        field[row]![column + 1]!,
        field[row + 1]![column + 1]!,
        field[row + 1]![column]!,
      ] as const;
      const crossings: Point[] = [];
      const edges: [number, number, Point, Point][] = [
        [corners[0], corners[1], [column, row], [column + 1, row]],
        [corners[1], corners[2], [column + 1, row], [column + 1, row + 1]],
        [corners[3], corners[2], [column, row + 1], [column + 1, row + 1]],
        [corners[0], corners[3], [column, row], [column, row + 1]],
      ];
      for (const [from, to, start, end] of edges) {
        if (from < level === to < level) continue;
        const share = (level - from) / (to - from);
        crossings.push([
          (start[0] + (end[0] - start[0]) * share) * step,
          (start[1] + (end[1] - start[1]) * share) * step,
        ]);
      }
      for (let index = 0; index + 1 < crossings.length; index += 2)
        segments.push([crossings[index]!, crossings[index + 1]!]);
    }
  }
  return segments;
}

/** Chains segments that share an end. Both cells compute a shared crossing alike, so ends match exactly. */
function joinSegments(segments: [Point, Point][]): Point[][] {
  const name = (point: Point) => `${point[0].toFixed(3)},${point[1].toFixed(3)}`;
  const touching = new Map<string, number[]>();
  segments.forEach((segment, index) => {
    for (const end of segment) touching.set(name(end), [...(touching.get(name(end)) ?? []), index]);
  });
  const used = new Set<number>();
  const extend = (line: Point[]) => {
    for (;;) {
      const end = line.at(-1)!;
      const next = touching.get(name(end))!.find((index) => !used.has(index));
      if (next === undefined) return;
      used.add(next);
      const [one, other] = segments[next]!;
      line.push(name(one) === name(end) ? other : one);
    }
  };
  const lines: Point[][] = [];
  segments.forEach((segment, index) => {
    if (used.has(index)) return;
    used.add(index);
    const line = [...segment];
    extend(line);
    line.reverse();
    extend(line);
    lines.push(line);
  });
  return lines;
}

/** Quadratic curves through the midpoints of every second point: smooth, and half the bytes. */
function smoothPath(line: Point[]): string {
  const closed = Math.hypot(line[0]![0] - line.at(-1)![0], line[0]![1] - line.at(-1)![1]) < 0.01;
  const points = line.filter((_, index) => index % 2 === 0 || (!closed && index === line.length - 1));
  const middle = (one: Point, other: Point): Point => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
  const print = (point: Point) => `${Math.round(point[0])} ${Math.round(point[1])}`;
  const start = closed ? middle(points[0]!, points[1]!) : points[0]!;
  let path = `M${print(start)}`;
  for (let index = 1; index < points.length - 1; index++)
    path += `Q${print(points[index]!)} ${print(middle(points[index]!, points[index + 1]!))}`;
  return closed ? `${path}Q${print(points.at(-1)!)} ${print(start)}Z` : `${path}L${print(points.at(-1)!)}`;
}
