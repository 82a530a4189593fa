import bundleUrl from '@electric-sql/pglite/pglite.data?url';
import wasmUrl from '@electric-sql/pglite/pglite.wasm?url';
import type { PgliteAssets } from '../nodes/pglite.ts';

/**
 * Fetches what the nodes are made of, all at once, and compiles the WebAssembly while it still arrives.
 * @param base address of the site, with a slash at the end
 */
export async function fetchAssets(base: string): Promise<PgliteAssets> {
  const [wasm, bundle, dataDirectory] = await Promise.all([
    compile(wasmUrl),
    download(bundleUrl),
    download(new URL('sandbox/node.json', base).href)
      .then((index) => index.text())
      .then((text) => {
        const { dataDirectory: name } = JSON.parse(text) as { dataDirectory: string };
        return download(new URL(`sandbox/${name}`, base).href);
      }),
  ]);
  // PGlite tells by the type whether it has to unpack.
  return { wasm, bundle, dataDirectory: new Blob([dataDirectory], { type: 'application/x-gzip' }) };
}

async function compile(url: string): Promise<WebAssembly.Module> {
  const response = await get(url);
  const type = response.headers.get('content-type') ?? '';
  // Plain file servers may not know the type, and streaming insists on it.
  if (type.startsWith('application/wasm')) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

async function download(url: string): Promise<Blob> {
  return (await get(url)).blob();
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url).catch((error: Error) => {
    throw new Error(
      `${url} could not be loaded (${error.message}). Check the connection, then reload the page.`,
    );
  });
  if (response.ok) return response;
  throw new Error(
    `${url} could not be loaded: the site answered ${response.status}. Build the site again with npm run build.`,
  );
}
