const ENTRIES_MAX = 50;

/** Scripts that were run, and a place in them: up goes back, down returns to what was being written. */
export class ScriptHistory {
  #ran: string[] = [];
  #place = 0;
  #draft = '';

  add(script: string): void {
    if (this.#ran.at(-1) !== script) this.#ran = [...this.#ran, script].slice(-ENTRIES_MAX);
    this.#place = this.#ran.length;
  }

  /** @returns what to show instead of `current`, or null at either end. */
  step(direction: 'older' | 'newer', current: string): string | null {
    const place = this.#place + (direction === 'older' ? -1 : 1);
    if (place < 0 || place > this.#ran.length) return null;
    if (this.#place === this.#ran.length) this.#draft = current;
    this.#place = place;
    return this.#ran[place] ?? this.#draft;
  }
}
