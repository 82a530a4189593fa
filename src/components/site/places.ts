/** Where nodes stand and how the trails between them run, in the units of a drawing. */
export interface Place {
  x: number;
  y: number;
}

/** Nodes at equal distances around the middle, the first one on the left. */
export function placesOnCircle(nodes: string[], width: number, height: number): Record<string, Place> {
  const reach = { x: width * 0.34, y: height * 0.34 };
  return Object.fromEntries(
    nodes.map((name, index): [string, Place] => {
      const angle = Math.PI + (index / nodes.length) * 2 * Math.PI;
      return [name, { x: width / 2 + Math.cos(angle) * reach.x, y: height / 2 + Math.sin(angle) * reach.y }];
    }),
  );
}

/** The middle of a trail bends aside by a twelfth of its length, as paths in mountains do. */
function bend(from: Place, to: Place): Place {
  // The same side whichever way one walks, so that both directions use one trail.
  const sign = from.x < to.x || (from.x === to.x && from.y < to.y) ? 1 : -1;
  return {
    x: (from.x + to.x) / 2 - ((to.y - from.y) / 12) * sign,
    y: (from.y + to.y) / 2 + ((to.x - from.x) / 12) * sign,
  };
}

/** An SVG path from one place to the other. */
export function trailPath(from: Place, to: Place): string {
  const middle = bend(from, to);
  return `M${from.x} ${from.y} Q${middle.x} ${middle.y} ${to.x} ${to.y}`;
}

/** The point on that path at a share between 0 and 1 (of the curve's parameter). */
export function trailPoint(from: Place, to: Place, share: number): Place {
  const middle = bend(from, to);
  const rest = 1 - share;
  return {
    x: rest * rest * from.x + 2 * rest * share * middle.x + share * share * to.x,
    y: rest * rest * from.y + 2 * rest * share * middle.y + share * share * to.y,
  };
}
