export interface RefresherOptions {
  /** Asks once and answers whether something is still in flight, so that it is worth to look again unasked. */
  look(): Promise<boolean>;
  /** Called whenever what is known becomes old, and when it is fresh again. */
  onStale(stale: boolean): void;
  /** From a touch to the look that it causes. Touches within that time cause one look. @default 150 */
  quickMs?: number;
  /** From a look to the next one while something is in flight, or after a look failed. @default 1_500 */
  slowMs?: number;
}

/**
 * Keeps an answer fresh with few questions: one soon after each burst of touches, slowly on while something is in
 * flight, none while all is quiet. One question at a time.
 */
export class Refresher {
  #options: Required<RefresherOptions>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #touches = 0;
  #looking = false;
  #closed = false;

  constructor(options: RefresherOptions) {
    this.#options = { quickMs: 150, slowMs: 1_500, ...options };
  }

  /** Something happened: what is known is old. A steady stream of touches does not put the look off. */
  touch(afterMs = this.#options.quickMs): void {
    this.#touches += 1;
    this.#options.onStale(true);
    this.#schedule(afterMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms: number): void {
    const dueAt = Date.now() + ms;
    if (this.#closed || this.#looking || dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  async #look(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#looking = true;
    const touches = this.#touches;
    let again: number | null = null;
    try {
      const inFlight = await this.#options.look();
      if (inFlight) again = this.#options.slowMs;
      if (touches !== this.#touches) again = this.#options.quickMs;
      else if (!this.#closed) this.#options.onStale(false);
    } catch {
      // A node or the connection went away under the question; the next look says what is left.
      again = this.#options.slowMs;
    } finally {
      this.#looking = false;
    }
    if (again !== null) this.#schedule(again);
  }
}
