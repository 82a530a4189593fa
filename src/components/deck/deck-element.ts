import { toggleTheme } from '../site/theme.ts';
import { isPressing, isTyping } from './key-owner.ts';
import { type DeckPlace, formatPlace, parsePlace } from './place.ts';
import type { Presentation } from './presentation.ts';
import { actionFor, type DeckAction } from './shortcuts.ts';

const CONSOLE = '[data-keys="own"] :is([contenteditable="true"], textarea)';

/**
 * `<capra-deck>`: the article that can be presented. Reads without JavaScript; with it, binds the keys, keeps the
 * address at the current slide, and fetches the slide machine when it is first needed.
 */
export class DeckElement extends HTMLElement {
  #presentation: Presentation | null = null;
  #starting = false;
  /** The way back: where the reader was before presenting. */
  #place: DeckPlace | null = null;
  /** Full screen is being left by the key `f`; left by Esc, it means back to reading. */
  #leavingByKey = false;
  #listening = new AbortController();
  readonly #actions: Record<DeckAction, () => void> = {
    next: () => this.#presentation?.next(),
    previous: () => this.#presentation?.previous(),
    'next-slide': () => this.#presentation?.skip(1),
    'previous-slide': () => this.#presentation?.skip(-1),
    first: () => this.#presentation?.goTo(0),
    last: () => this.#presentation?.goTo(Number.POSITIVE_INFINITY),
    overview: () => this.#presentation?.toggleOverview(),
    black: () => this.#presentation?.toggleBlack(),
    console: () => this.#presentation?.current?.querySelector<HTMLElement>(CONSOLE)?.focus(),
    theme: () => void toggleTheme(),
    help: () => (this.#help?.open ? this.#help.close() : this.#help?.showModal()),
    present: () => (this.#presentation === null ? void this.present(true) : this.#toggleFullscreen()),
    read: () => (this.#presentation?.isOverview ? this.#presentation.toggleOverview() : this.read()),
  };

  connectedCallback() {
    const { signal } = this.#listening;
    document.addEventListener('keydown', (event) => this.#onKey(event), { signal });
    document.addEventListener('fullscreenchange', () => this.#onFullscreen(), { signal });
    window.addEventListener('hashchange', () => this.#toAddress(), { signal });
    for (const button of this.querySelectorAll<HTMLElement>('[data-action]'))
      button.addEventListener('click', () => this.act(button.dataset.action as DeckAction), { signal });
    this.querySelector('dialog')?.addEventListener('click', (event) => {
      if (event.target === event.currentTarget) this.#help?.close();
    });
    this.#letFiguresScroll();
    if (new URLSearchParams(location.search).has('present')) void this.present();
    else this.#toAddress();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#presentation?.stop();
  }

  get mode() {
    return this.#presentation === null ? 'read' : 'present';
  }

  act(action: DeckAction): void {
    this.#actions[action]();
  }

  /** Turns the article into slides, at the slide that is being read. */
  async present(fullscreen = false): Promise<void> {
    if (this.#presentation !== null || this.#starting) return;
    this.#starting = true;
    // Asked for at once: browsers grant it only as the direct answer to a key or a click.
    if (fullscreen) this.#toggleFullscreen();
    const place = this.#startingPlace();
    try {
      const { Presentation } = await import('./presentation.ts');
      this.dataset.mode = 'present';
      document.documentElement.dataset.deck = 'present';
      this.#outside(true);
      const presentation = new Presentation(this.querySelector('.deck-host')!, (here) => this.#moved(here));
      this.#presentation = presentation;
      await presentation.start(place);
    } finally {
      this.#starting = false;
    }
  }

  /** Back to the article, at the slide that was on screen. */
  read(): void {
    this.#presentation?.stop();
    this.#presentation = null;
    delete this.dataset.mode;
    delete document.documentElement.dataset.deck;
    this.#outside(false);
    const place = this.#place;
    const scroll = () => {
      if (place !== null && this.mode === 'read') this.#scrollTo(place.slide);
    };
    if (place !== null) {
      history.replaceState(null, '', `${location.pathname}#${encodeURIComponent(place.slide)}`);
      scroll();
      this.dispatchEvent(new CustomEvent('capra-deck', { detail: { mode: 'read', slide: place.slide } }));
    }
    // A browser that leaves full screen scrolls back to where the page was before.
    const leaving = document.fullscreenElement ? document.exitFullscreen() : Promise.resolve();
    leaving.catch(() => {}).then(() => requestAnimationFrame(() => requestAnimationFrame(scroll)));
  }

  get #help() {
    return this.querySelector('dialog');
  }

  #onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || this.#help?.open) return;
    const typing = isTyping(event);
    if (typing && event.key === 'Escape' && this.#presentation !== null) {
      // The console had its chance to close a list of its own; now it gives the keys back.
      (document.activeElement as HTMLElement | null)?.blur();
      this.#presentation.current?.querySelector<HTMLElement>('h1, h2')?.focus({ preventScroll: true });
      event.preventDefault();
      return;
    }
    if (isPressing(event)) return;
    const action = actionFor(event, this.mode, typing);
    if (action === null) return;
    event.preventDefault();
    this.act(action);
  }

  #moved(place: DeckPlace): void {
    this.#place = place;
    history.replaceState(null, '', `${location.pathname}?present${formatPlace(place)}`);
    const slides = this.#presentation?.slides ?? [];
    const number = slides.findIndex((slide) => slide.id === place.slide) + 1;
    const counter = this.querySelector('[data-counter]');
    if (counter) counter.textContent = `${number} / ${slides.length}`;
    this.dispatchEvent(new CustomEvent('capra-deck', { detail: { mode: 'present', ...place } }));
  }

  /** In the article `#slide/2` means the slide: a browser alone would look for an element of that name. */
  #toAddress(): void {
    const place = parsePlace(location.hash);
    if (place === null) return;
    const index = this.#presentation?.slides.findIndex((slide) => slide.id === place.slide) ?? -1;
    if (index >= 0) this.#presentation?.goTo(index);
    else if (location.hash.includes('/')) this.#scrollTo(place.slide);
  }

  /** A wide figure on a narrow screen scrolls sideways; then, and only then, the keyboard can reach it. */
  #letFiguresScroll(): void {
    for (const frame of this.querySelectorAll<HTMLElement>('.drawing-frame')) {
      if (frame.scrollWidth <= frame.clientWidth) continue;
      frame.tabIndex = 0;
      frame.setAttribute('role', 'region');
      frame.setAttribute('aria-label', frame.querySelector('svg')?.getAttribute('aria-label') ?? 'Figure');
    }
  }

  #scrollTo(id: string): void {
    document.getElementById(id)?.scrollIntoView({ block: 'start' });
  }

  /** Where the address says; but a reader who has scrolled on since presents from where the eyes are. */
  #startingPlace(): DeckPlace | null {
    const place = parsePlace(location.hash);
    if (new URLSearchParams(location.search).has('present')) return place;
    const reading = this.#beingRead();
    return reading === null || reading.slide === place?.slide ? place : reading;
  }

  #beingRead(): DeckPlace | null {
    const sections = [...this.querySelectorAll<HTMLElement>('.slides > section')];
    const middle = window.innerHeight / 2;
    const found = sections.findLast((section) => section.getBoundingClientRect().top < middle);
    return found ? { slide: found.id, step: 0 } : null;
  }

  #outside(inert: boolean): void {
    for (const element of document.querySelectorAll<HTMLElement>('body > :not(main)')) element.inert = inert;
  }

  #toggleFullscreen(): void {
    this.#leavingByKey = document.fullscreenElement !== null;
    const change = document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen();
    // Refused in frames and on some phones: the slides then fill the window, which is as good.
    change.catch(() => {});
  }

  #onFullscreen(): void {
    this.#presentation?.layout();
    if (document.fullscreenElement !== null || this.#presentation === null) return;
    if (!this.#leavingByKey) this.read();
    this.#leavingByKey = false;
  }
}

customElements.define('capra-deck', DeckElement);
