import type { TableShape } from './table-shape.ts';

/** Orders keys as `keyOrder` makes the databases order them. */
export function compareKeys(shape: TableShape, a: readonly string[], b: readonly string[]): number {
  for (const [index, { numeric }] of shape.key.entries()) {
    const order = numeric ? compareNumbers(a[index]!, b[index]!) : compareText(a[index]!, b[index]!);
    if (order !== 0) return order;
  }
  return 0;
}

function compareNumbers(a: string, b: string): number {
  if (a === b) return 0;
  if (/^-?\d+$/.test(a) && /^-?\d+$/.test(b)) return BigInt(a) < BigInt(b) ? -1 : 1;
  const [x, y] = [toNumber(a), toNumber(b)];
  return x === y ? compareText(a, b) : x < y ? -1 : 1;
}

/** PostgreSQL orders NaN above everything. */
function toNumber(text: string): number {
  return text === 'NaN' ? Number.POSITIVE_INFINITY : Number(text);
}

/** By code points, which is the order of UTF-8 bytes; JavaScript's own order is that of UTF-16 units. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [[...a], [...b]];
  for (const [index, character] of x.entries()) {
    const other = y[index];
    if (other === undefined) return 1;
    const order = character.codePointAt(0)! - other.codePointAt(0)!;
    if (order !== 0) return order;
  }
  return -1;
}
