/** A place in a deck: a slide and how many of its steps are shown. In the address: `#slide-id` or `#slide-id/2`. */
export interface DeckPlace {
  slide: string;
  /** 0 is the slide before its first step. */
  step: number;
}

/** Reads the fragment of an address; null where there is none. A step that is no number is step 0. */
export function parsePlace(hash: string): DeckPlace | null {
  const [slide, step] = hash.replace(/^#/, '').split('/');
  if (slide === undefined || slide === '') return null;
  return { slide: decode(slide), step: /^\d{1,3}$/.test(step ?? '') ? Number(step) : 0 };
}

export function formatPlace({ slide, step }: DeckPlace): string {
  return `#${encodeURIComponent(slide)}${step > 0 ? `/${step}` : ''}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
