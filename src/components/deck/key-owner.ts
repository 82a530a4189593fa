const TEXT_INPUTS = 'textarea, select, [contenteditable=""], [contenteditable="true"], [data-keys="own"]';
const NO_TEXT = ['button', 'checkbox', 'radio', 'submit', 'reset', 'image', 'file', 'color'];

/** The key was pressed inside something that takes text: a console, a field. Looks through shadow roots. */
export function isTyping(event: Event): boolean {
  return event.composedPath().some((target) => {
    if (!(target instanceof Element)) return false;
    if (target instanceof HTMLInputElement) return !NO_TEXT.includes(target.type);
    return target.matches(TEXT_INPUTS);
  });
}

/** Space and Enter press a focused control; the deck must not take them from it. */
export function isPressing(event: KeyboardEvent): boolean {
  if (event.key !== ' ' && event.key !== 'Enter') return false;
  const [target] = event.composedPath();
  return target instanceof Element && target.matches('button, a[href], summary, input');
}
