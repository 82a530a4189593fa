/** `<capra-live>`: fetches and mounts the live cluster when it is asked for. */
export class LiveElement extends HTMLElement {
  #stop: (() => void) | null = null;
  #listening = new AbortController();

  connectedCallback() {
    const { signal } = this.#listening;
    this.querySelector('button')?.addEventListener('click', () => void this.start(), { signal });
    this.closest('capra-deck')?.addEventListener(
      'capra-deck',
      (event) => {
        const { mode, slide } = (event as CustomEvent<{ mode: string; slide: string }>).detail;
        if (mode === 'present' && slide === this.closest('section')?.id) void this.start();
      },
      { signal },
    );
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#stop?.();
  }

  async start(): Promise<void> {
    if (this.dataset.started !== undefined) return;
    this.dataset.started = '';
    const target = this.querySelector<HTMLElement>('.mount')!;
    const { mountLive } = await import('./mount-live.ts');
    this.#stop = mountLive(target, { nodes: (this.dataset.nodes ?? 'a b').split(' ') });
  }
}

customElements.define('capra-live', LiveElement);
