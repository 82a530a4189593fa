/** Where nodes stand. Pure geometry, in the units of the diagram's view box. */
export interface Point {
  x: number;
  y: number;
}

export interface DiagramBox {
  width: number;
  height: number;
  /** Room kept free at the rim for names and counts. */
  marginX: number;
  marginY: number;
}

/**
 * Nodes on an ellipse, the first on top, then to the left and round: with three, b stands left of c, as in the
 * columns of the consoles. Two nodes stand side by side.
 */
export function circularLayout(names: readonly string[], box: DiagramBox): Map<string, Point> {
  const centre = { x: box.width / 2, y: box.height / 2 };
  const radius = { x: box.width / 2 - box.marginX, y: box.height / 2 - box.marginY };
  const first = names.length === 2 ? Math.PI : -Math.PI / 2;
  const raw = names.map((name, index): [string, Point] => {
    const angle = first - (2 * Math.PI * index) / names.length;
    return [name, { x: centre.x + radius.x * Math.cos(angle), y: centre.y + radius.y * Math.sin(angle) }];
  });
  // A triangle leaves a gap below its ellipse: move the figure so that it stands in the middle of the box.
  const heights = raw.map(([, point]) => point.y);
  const shift = centre.y - (Math.min(...heights) + Math.max(...heights)) / 2;
  return new Map(raw.map(([name, { x, y }]) => [name, { x: round(x), y: round(y + shift) }]));
}

/**
 * The lane of a change from one node to another: each direction keeps to its right, so that changes that meet can
 * be told apart; both ends stop short of the shapes.
 */
export function lane(from: Point, to: Point, { gap = 30, aside = 7 } = {}): { from: Point; to: Point } {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const along = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const right = { x: -along.y * aside, y: along.x * aside };
  const cut = Math.min(gap, length / 3);
  return {
    from: { x: round(from.x + along.x * cut + right.x), y: round(from.y + along.y * cut + right.y) },
    to: { x: round(to.x - along.x * cut + right.x), y: round(to.y - along.y * cut + right.y) },
  };
}

/**
 * Where a link keeps its switch. Links of a full mesh cross in the middle of an even ring, so there every second
 * one keeps it a little off its middle.
 */
export function linkHandle(a: Point, b: Point, crossing: boolean): Point {
  const share = crossing ? 0.34 : 0.5;
  return { x: round(a.x + (b.x - a.x) * share), y: round(a.y + (b.y - a.y) * share) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
