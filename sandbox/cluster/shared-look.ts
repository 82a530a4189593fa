/**
 * Many visitors ask the same question at the same time. Those who ask while an answer is being found share the *next*
 * one: it starts after they asked, so it holds what they did before they asked.
 */
export class SharedLook<T> {
  readonly #find: () => Promise<T>;
  #running: Promise<unknown> | null = null;
  #next: Promise<T> | null = null;

  constructor(find: () => Promise<T>) {
    this.#find = find;
  }

  get(): Promise<T> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      return this.#start();
    });
    return this.#next;
  }

  #start(): Promise<T> {
    const answer = this.#find();
    const running = answer.then(
      () => {},
      () => {},
    );
    this.#running = running;
    void running.then(() => {
      if (this.#running === running) this.#running = null;
    });
    return answer;
  }
}
