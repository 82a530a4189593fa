import Reveal from 'reveal.js';
import 'reveal.js/reveal.css';
import { numberSteps } from './number-steps.ts';
import type { DeckPlace } from './place.ts';

/**
 * Turns the article into slides and back again. The DOM stays the same: reveal.js lays out the sections that the
 * reader has just seen, and leaves no trace in them when it goes. Loaded only when somebody presents.
 */
export class Presentation {
  readonly #host: HTMLElement;
  readonly #onMove: (place: DeckPlace) => void;
  #reveal: InstanceType<typeof Reveal> | null = null;
  #untouched = new Map<HTMLElement, Attributes>();

  /** @param host holds `.slides`, which holds one `section` with an id a slide */
  constructor(host: HTMLElement, onMove: (place: DeckPlace) => void) {
    this.#host = host;
    this.#onMove = onMove;
  }

  get slides(): HTMLElement[] {
    return [...this.#host.querySelectorAll<HTMLElement>('.slides > section')];
  }

  async start(place: DeckPlace | null): Promise<void> {
    for (const box of [this.#host, this.#host.querySelector<HTMLElement>('.slides')!])
      this.#untouched.set(box, attributesOf(box));
    for (const slide of this.slides) {
      const steps = [...slide.querySelectorAll<HTMLElement>('[data-step]')];
      for (const element of [slide, ...steps]) this.#untouched.set(element, attributesOf(element));
      const numbers = numberSteps(steps.map((step) => stepRequest(step.dataset.step)));
      steps.forEach((step, index) => {
        step.classList.add('fragment');
        step.dataset.fragmentIndex = String(numbers[index]! - 1);
      });
    }
    this.#host.classList.add('reveal');
    const reveal = new Reveal(this.#host, {
      embedded: true,
      width: 1280,
      height: 720,
      margin: 0.03,
      minScale: 0.1,
      maxScale: 4,
      center: false,
      // Keys and addresses are ours (shortcuts.ts, place.ts); so are the controls.
      keyboard: false,
      hash: false,
      respondToHashChanges: false,
      jumpToSlide: false,
      controls: false,
      progress: true,
      help: false,
      postMessage: false,
      focusBodyOnPageVisibilityChange: false,
      scrollActivationWidth: 0,
      display: 'grid',
      transition: 'none',
    });
    this.#reveal = reveal;
    await reveal.initialize();
    const index = this.slides.findIndex((slide) => slide.id === place?.slide);
    reveal.slide(Math.max(0, index), 0, (place?.step ?? 0) - 1);
    for (const event of [
      'slidechanged',
      'fragmentshown',
      'fragmenthidden',
      'overviewshown',
      'overviewhidden',
    ])
      reveal.on(event, () => this.#moved());
    this.#moved();
  }

  stop(): void {
    this.#reveal?.destroy();
    this.#reveal = null;
    for (const [element, attributes] of this.#untouched) restore(element, attributes);
    this.#untouched.clear();
  }

  next(): void {
    this.#reveal?.next();
  }

  previous(): void {
    this.#reveal?.prev();
  }

  /** To another slide, counted from this one; its steps are hidden again. */
  skip(by: number): void {
    this.goTo((this.#reveal?.getIndices().h ?? 0) + by);
  }

  goTo(index: number): void {
    this.#reveal?.slide(Math.min(Math.max(0, index), this.slides.length - 1), 0, -1);
  }

  toggleOverview(): void {
    this.#reveal?.toggleOverview();
  }

  get isOverview(): boolean {
    return this.#reveal?.isOverview() ?? false;
  }

  toggleBlack(): void {
    this.#reveal?.togglePause();
  }

  get current(): HTMLElement | null {
    return (this.#reveal?.getCurrentSlide() as HTMLElement | undefined) ?? null;
  }

  layout(): void {
    this.#reveal?.layout();
  }

  #moved(): void {
    const current = this.current;
    if (current === null) return;
    const overview = this.isOverview;
    for (const slide of this.slides) slide.inert = slide !== current && !overview;
    if (!overview && !current.contains(document.activeElement))
      current.querySelector<HTMLElement>('h1, h2')?.focus({ preventScroll: true });
    const step = (this.#reveal?.getIndices().f ?? -1) + 1;
    this.#onMove({ slide: current.id, step });
  }
}

type Attributes = [name: string, value: string][];

function attributesOf(element: Element): Attributes {
  return [...element.attributes].map(({ name, value }) => [name, value]);
}

function restore(element: Element, attributes: Attributes): void {
  for (const { name } of [...element.attributes]) element.removeAttribute(name);
  for (const [name, value] of attributes) element.setAttribute(name, value);
}

function stepRequest(value: string | undefined): number | 'with' | null {
  if (value === undefined || value === '') return null;
  return value === 'with' ? 'with' : Number(value);
}
