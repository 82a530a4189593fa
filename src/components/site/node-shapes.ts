/**
 * The identity of a node: letter, colour and shape. The one source for the diagram, the edge of a console, row
 * cells, the log, the slides and the front page, so that a node can be told apart without its colour.
 *
 * Paths are drawn around the origin and fit a circle of radius 12: `viewBox="-12 -12 24 24"`.
 */
export interface NodeIdentity {
  name: NodeName;
  /** In words, for people who hear the page. */
  shape: string;
  path: string;
  /** A CSS colour that is readable as text and as a fill on both themes. */
  colour: string;
}

export const NODE_NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
export type NodeName = (typeof NODE_NAMES)[number];

const SHAPES: Record<NodeName, [words: string, path: string]> = {
  a: ['ridge', 'M-12 9 L-5.5 -6 L-2.2 0 L3.8 -10 L12 9 Z'],
  b: ['circle', 'M-10.5 0 A10.5 10.5 0 1 1 10.5 0 A10.5 10.5 0 1 1 -10.5 0 Z'],
  c: ['square', 'M-9.2 -9.2 H9.2 V9.2 H-9.2 Z'],
  d: ['triangle', 'M-11.4 -8.5 H11.4 L0 11.2 Z'],
  e: ['hexagon', 'M-11.2 0 L-5.6 -9.7 H5.6 L11.2 0 L5.6 9.7 H-5.6 Z'],
  f: ['diamond', 'M0 -12 L10 0 L0 12 L-10 0 Z'],
  g: ['cross', 'M-4.2 -11 H4.2 V-4.2 H11 V4.2 H4.2 V11 H-4.2 V4.2 H-11 V-4.2 H-4.2 Z'],
  h: ['arch', 'M-10 10.5 V-1.5 A10 10 0 0 1 10 -1.5 V10.5 Z'],
};

const IDENTITIES = Object.fromEntries(
  NODE_NAMES.map((name): [NodeName, NodeIdentity] => {
    const [shape, path] = SHAPES[name];
    return [name, { name, shape, path, colour: `var(--node-${name})` }];
  }),
) as Record<NodeName, NodeIdentity>;

/** The identity of a node by its name. Names beyond `h` share identities in turn: give them a label as well. */
export function nodeIdentity(name: string): NodeIdentity {
  if (Object.hasOwn(IDENTITIES, name)) return IDENTITIES[name as NodeName];
  let sum = 0;
  for (const character of name) sum += character.codePointAt(0) ?? 0;
  return IDENTITIES[NODE_NAMES[sum % NODE_NAMES.length] ?? 'a'];
}
