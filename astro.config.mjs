import mdx from '@astrojs/mdx';
import svelte from '@astrojs/svelte';
import { defineConfig } from 'astro/config';

/** The folder under which the site will be served, for example `/pug/`. Links and assets follow it. */
const base = process.env.CAPRA_BASE ?? '/';
/** Where `npm run sandbox` answers while `npm run dev` serves the pages. */
const sandbox = process.env.CAPRA_SANDBOX ?? 'http://127.0.0.1:4321';

export default defineConfig({
  base,
  output: 'static',
  trailingSlash: 'ignore',
  publicDir: './src/public',
  server: { host: '127.0.0.1', port: 4322 },
  devToolbar: { enabled: false },
  integrations: [svelte(), mdx()],
  // Code in articles and slides: colours come from the tokens, so that both themes and the toggle work.
  markdown: { shikiConfig: { theme: 'css-variables' } },
  vite: {
    plugins: [sandboxBesideDev()],
    worker: { format: 'es' },
    // Its WebAssembly and data files are found relative to its own module.
    optimizeDeps: { exclude: ['@electric-sql/pglite'] },
    build: { target: 'es2023', chunkSizeWarningLimit: 900 },
    // The sandbox answers its own pages only; in development these are ours.
    server: { proxy: { '/rpc': { target: sandbox, ws: true, changeOrigin: true, rewriteWsOrigin: true } } },
  },
});

/**
 * In development `/capra.json` is the running sandbox's answer when there is one, so that the pages talk to its
 * nodes; otherwise the static file, and the pages start PGlite as on any static host.
 */
function sandboxBesideDev() {
  return {
    name: 'capra-sandbox-beside-dev',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        if (request.url?.split('?')[0]?.endsWith('/capra.json') !== true) return next();
        try {
          const answer = await fetch(new URL('/capra.json', sandbox), { signal: AbortSignal.timeout(500) });
          if (!answer.ok) return next();
          response.setHeader('content-type', 'application/json');
          response.end(await answer.text());
        } catch {
          next();
        }
      });
    },
  };
}
