import type { TraceEventBody } from '../trace/events.ts';
import type { NodeId } from '../types.ts';
import type { RoundNode } from './round-node.ts';

type InRound = 'round' | 'source' | 'target';
type WithoutRound<T> = T extends { round: number } ? Omit<T, InRound> : never;

/** A step of a round, before the round's number and nodes are added. */
export type StepEvent = WithoutRound<TraceEventBody>;

export interface RoundContext {
  source: RoundNode;
  target: RoundNode;
  /** Every node of the sync, reachable or not: versions are kept until all of them know. */
  members: readonly NodeId[];
  emit: (event: StepEvent) => void;
  /** Breaks the round off between two steps; both transactions are rolled back. */
  signal: AbortSignal;
  nodeName: (id: NodeId) => string;
}
