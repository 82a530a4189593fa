/** A link inside the site that holds wherever the site is served from: `link('talks/')` under `/pug/` is `/pug/talks/`. */
export function link(path: string): string {
  return joinBase(import.meta.env.BASE_URL, path);
}

/** Joins a base with or without slashes and a path with or without one in front. */
export function joinBase(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
}
