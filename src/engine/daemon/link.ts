import type { Backoff } from './backoff.ts';

/** Two nodes between which rounds may run, in both directions, one at a time. */
export class Link {
  readonly a: string;
  readonly b: string;
  readonly backoff: Backoff;
  up = true;
  /** Source of the round under way. */
  busyFrom: string | null = null;
  error: string | null = null;
  /** No round before this time (milliseconds since 1970). */
  notBefore = 0;
  /** A timer for `notBefore` is running. */
  waking = false;
  abort: AbortController | null = null;

  constructor(a: string, b: string, backoff: Backoff) {
    this.a = a;
    this.b = b;
    this.backoff = backoff;
  }

  joins(a: string, b: string): boolean {
    return (this.a === a && this.b === b) || (this.a === b && this.b === a);
  }
}
