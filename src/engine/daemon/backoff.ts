/** Doubling waits with a little randomness, so that many links do not try again in step. */
export class Backoff {
  readonly #min: number;
  readonly #max: number;
  #next: number;

  /** @param minMs first wait; @param maxMs longest wait */
  constructor(minMs: number, maxMs: number) {
    this.#min = minMs;
    this.#max = maxMs;
    this.#next = minMs;
  }

  /** Milliseconds to wait now; the next wait is twice as long. */
  next(): number {
    const wait = this.#next * (0.75 + Math.random() / 2);
    this.#next = Math.min(this.#next * 2, this.#max);
    return Math.round(wait);
  }

  reset(): void {
    this.#next = this.#min;
  }
}
