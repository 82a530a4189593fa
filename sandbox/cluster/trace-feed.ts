import type { TraceEvent } from '../../src/engine/trace/events.ts';

const RING_EVENTS_MAX = 500;
const BATCH_MS = 30;
/** More than the ring holds would be dropped from it anyway. */
const BATCH_EVENTS_MAX = RING_EVENTS_MAX;

/** Keeps the newest events and hands them on in batches. Numbers go on where an engine starts anew. */
export class TraceFeed {
  readonly #onBatch: (events: TraceEvent[]) => void;
  #ring: TraceEvent[] = [];
  #batch: TraceEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #seq = 0;

  constructor(onBatch: (events: TraceEvent[]) => void) {
    this.#onBatch = onBatch;
  }

  add(event: TraceEvent): void {
    const numbered = { ...event, seq: ++this.#seq };
    this.#batch.push(numbered);
    if (this.#batch.length > BATCH_EVENTS_MAX) this.#batch.shift();
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  /** The newest events that were handed on; the next batch follows them without a gap. */
  newest(): TraceEvent[] {
    return [...this.#ring];
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#ring = [...this.#ring, ...batch].slice(-RING_EVENTS_MAX);
    this.#onBatch(batch);
  }

  clear(): void {
    this.flush();
    this.#ring = [];
  }
}
