import type { PgliteAssets } from '../nodes/pglite.ts';

/**
 * Fetches what the nodes are made of (`sandbox/bake.ts`), all at once, and compiles the WebAssembly while it still
 * arrives.
 * @param base address of the site, with a slash at the end
 */
export async function fetchAssets(base: string): Promise<PgliteAssets> {
  const index = await get(new URL('sandbox/node.json', base));
  const names = (await index.json()) as { dataDirectory: string; wasm: string; bundle: string };
  const file = (name: string) => get(new URL(`sandbox/${name}`, base));
  const [wasm, bundle, dataDirectory] = await Promise.all([
    file(names.wasm).then((response) =>
      // The type is what makes the browser take it; hosts do not know these files.
      WebAssembly.compileStreaming(
        new Response(unpacked(response), { headers: { 'content-type': 'application/wasm' } }),
      ),
    ),
    file(names.bundle).then((response) => new Response(unpacked(response)).blob()),
    file(names.dataDirectory).then((response) => response.arrayBuffer()),
  ]);
  // PGlite tells by the type that it has to unpack.
  return { wasm, bundle, dataDirectory: new Blob([dataDirectory], { type: 'application/x-gzip' }) };
}

function unpacked(response: Response): ReadableStream<Uint8Array> {
  return response.body!.pipeThrough(new DecompressionStream('gzip'));
}

async function get(url: URL): Promise<Response> {
  const response = await fetch(url).catch((error: Error) => {
    throw new Error(
      `${url.pathname} could not be loaded (${error.message}). Check the connection, then reload the page.`,
    );
  });
  if (response.ok) return response;
  throw new Error(
    `${url.pathname} could not be loaded: the site answered ${response.status}. Build the site again with npm run build.`,
  );
}
