/**
 * Svelte attachment for a part that may scroll: it takes the keyboard's focus while there is more than fits, so
 * that the arrow keys reach all of it, and stays out of the way of Tab while there is not.
 */
export function scrollable(element: HTMLElement): () => void {
  const look = () => {
    const more =
      element.scrollHeight > element.clientHeight + 1 || element.scrollWidth > element.clientWidth + 1;
    if (more) element.tabIndex = 0;
    else if (element !== document.activeElement) element.removeAttribute('tabindex');
  };
  const sizes = new ResizeObserver(look);
  sizes.observe(element);
  const contents = new MutationObserver(look);
  contents.observe(element, { childList: true, subtree: true, characterData: true });
  look();
  return () => {
    sizes.disconnect();
    contents.disconnect();
  };
}
