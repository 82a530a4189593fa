/** Key in localStorage; `light` or `dark`. Read again by the inline script of the page layout, before the first paint. */
export const THEME_KEY = 'capra-theme';

export type Theme = 'light' | 'dark';

/** What is on screen now: the visitor's choice, or else the system's. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Changes the theme, keeps the choice where the browser allows it, and answers what it is now. */
export function toggleTheme(): Theme {
  const theme = currentTheme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Private windows may refuse storage; the choice then lasts for this page.
  }
  return theme;
}
