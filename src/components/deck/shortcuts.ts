/** What a key can ask of a deck. */
export type DeckAction =
  | 'next'
  | 'previous'
  | 'next-slide'
  | 'previous-slide'
  | 'first'
  | 'last'
  | 'present'
  | 'read'
  | 'overview'
  | 'black'
  | 'console'
  | 'theme'
  | 'help';

export type DeckMode = 'read' | 'present';

export interface Shortcut {
  action: DeckAction;
  words: string;
  /** `KeyboardEvent.key`; `Shift+` in front where it is needed. Letters are compared without case. */
  keys: string[];
  modes: DeckMode[];
}

const PRESENT: DeckMode[] = ['present'];
const BOTH: DeckMode[] = ['read', 'present'];

/** The one table: it binds the keys and prints the `?` overlay. What fingers know from other deck tools. */
export const SHORTCUTS: Shortcut[] = [
  { action: 'next', words: 'Next step', keys: ['ArrowRight', ' ', 'PageDown', 'n'], modes: PRESENT },
  { action: 'previous', words: 'Step back', keys: ['ArrowLeft', 'Shift+ ', 'PageUp'], modes: PRESENT },
  { action: 'next-slide', words: 'Next slide, skipping steps', keys: ['ArrowDown'], modes: PRESENT },
  { action: 'previous-slide', words: 'Previous slide', keys: ['ArrowUp'], modes: PRESENT },
  { action: 'first', words: 'First slide', keys: ['Home'], modes: PRESENT },
  { action: 'last', words: 'Last slide', keys: ['End'], modes: PRESENT },
  { action: 'present', words: 'Present; again: full screen on or off', keys: ['f'], modes: BOTH },
  { action: 'read', words: 'Back to reading', keys: ['r', 'Escape'], modes: PRESENT },
  { action: 'overview', words: 'Overview of all slides', keys: ['o'], modes: PRESENT },
  { action: 'black', words: 'Black screen', keys: ['b', '.'], modes: PRESENT },
  {
    action: 'console',
    words: 'Into the live console of this slide; Esc leaves it',
    keys: ['c'],
    modes: PRESENT,
  },
  { action: 'theme', words: 'Day or night', keys: ['t'], modes: BOTH },
  { action: 'help', words: 'This list', keys: ['?'], modes: BOTH },
];

/** Clickers send these, so they belong to the deck even while a console has the focus. */
const CLICKER_KEYS = ['PageDown', 'PageUp'];

export interface KeyPress {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/**
 * What this key asks for.
 *
 * @param typing something on the page that takes text has the focus: only a clicker's keys are the deck's then
 */
export function actionFor(press: KeyPress, mode: DeckMode, typing = false): DeckAction | null {
  if (press.ctrlKey || press.altKey || press.metaKey) return null;
  if (typing && !CLICKER_KEYS.includes(press.key)) return null;
  const found = SHORTCUTS.find(
    (shortcut) => shortcut.modes.includes(mode) && shortcut.keys.some((key) => matches(key, press)),
  );
  return found?.action ?? null;
}

function matches(key: string, press: KeyPress): boolean {
  if (key.startsWith('Shift+')) return press.shiftKey && press.key === key.slice('Shift+'.length);
  // Shift is part of `?` on most keyboards, and harmless with letters; with a space it means back.
  if (press.shiftKey && press.key === ' ') return false;
  return key.length === 1 ? press.key.toLowerCase() === key : press.key === key;
}

const KEY_WORDS: Record<string, string> = {
  ' ': 'Space',
  ArrowRight: '→',
  ArrowLeft: '←',
  ArrowDown: '↓',
  ArrowUp: '↑',
  PageDown: 'Page down',
  PageUp: 'Page up',
  Escape: 'Esc',
};

/** A key as the list prints it: `Shift+ ` is `Shift Space`. */
export function keyWords(key: string): string {
  if (key.startsWith('Shift+')) return `Shift ${keyWords(key.slice('Shift+'.length))}`;
  return KEY_WORDS[key] ?? key;
}
