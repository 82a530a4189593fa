/** What users do to the rows of a node, and what capture notes of it. */
import type { Node } from './node.ts';
import type { Rules } from './rules.ts';

export type Write =
  | { type: 'put'; key: string; value: string }
  | { type: 'delete'; key: string }
  | { type: 'rekey'; key: string; to: string }
  | { type: 'truncate' };

/**
 * Carries out a write at time `now` and captures it. A write that finds nothing to do changes nothing, as in SQL.
 * @returns the keys that it changed.
 */
export function write(node: Node, change: Write, now: number, rules: Rules): string[] {
  const keys = changedKeys(node, change);
  // The old row, before anything is written.
  const moved = change.type === 'rekey' ? node.rows.get(change.key) : undefined;
  for (const key of keys) {
    if (change.type === 'put') node.rows.set(key, change.value);
    else if (change.type === 'rekey' && key === change.to) node.rows.set(key, moved!);
    else node.rows.delete(key);
  }
  // Hybrid logical clock: later than all that this node has integrated, however wrong its clock is.
  const clock = now + node.skew;
  const capturedAt = rules.floorAtCapture ? Math.max(clock, node.floor + 1) : clock;
  const captured =
    change.type === 'rekey' && !rules.captureOldKey ? [change.to].filter(() => keys.length > 0) : keys;
  for (const key of captured) node.deltas.push({ key, capturedAt });
  return keys;
}

function changedKeys(node: Node, change: Write): string[] {
  switch (change.type) {
    case 'put':
      return [change.key];
    case 'delete':
      return node.rows.has(change.key) ? [change.key] : [];
    case 'rekey':
      return node.rows.has(change.key) && !node.rows.has(change.to) ? [change.key, change.to] : [];
    case 'truncate':
      return [...node.rows.keys()].sort();
  }
}
