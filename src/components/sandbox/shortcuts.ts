/** The keys of the sandbox as data: this table binds them and prints the overlay behind `?`. */
export interface Shortcut {
  /** As `KeyboardEvent.key` gives it. */
  key: string;
  words: string;
  run: () => void;
}

/** Keys that belong to the editor; told in the overlay, bound there. */
export const EDITOR_KEYS: readonly { keys: string; words: string }[] = [
  { keys: 'Ctrl+Enter', words: 'Run what is written (on a Mac: Cmd+Enter)' },
  { keys: 'Alt+Up, Alt+Down', words: 'Earlier and later scripts' },
  { keys: 'Esc', words: 'Leave the editor, to its Run button' },
];

/** Somebody is typing here, or the element has keys of its own: single keys are letters, not commands. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return (
    target.closest(
      'input, textarea, select, [contenteditable=""], [contenteditable="true"], [data-keys="own"], [popover]:popover-open, dialog[open]',
    ) !== null
  );
}

/**
 * Binds the table to a window or an element. Keys with Ctrl, Alt or Cmd are left to the browser.
 * @returns the function that unbinds.
 */
export function bindShortcuts(target: EventTarget, shortcuts: () => readonly Shortcut[]): () => void {
  const listen = (event: Event) => {
    if (!(event instanceof KeyboardEvent) || event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    const shortcut = shortcuts().find((one) => one.key === event.key);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  };
  target.addEventListener('keydown', listen);
  return () => target.removeEventListener('keydown', listen);
}
