/** Address of the site with a slash at the end, on a page as in a worker: Astro's `base` on the origin of the script. */
export function siteBase(): string {
  const path = import.meta.env.BASE_URL;
  return new URL(path.endsWith('/') ? path : `${path}/`, location.href).href;
}
