/** Serves the built site. */
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { commonHeaders, contentSecurityPolicy } from './security-headers.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.xml': 'application/xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.gif': 'image/gif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.pdf': 'application/pdf',
  '.webmanifest': 'application/manifest+json',
};

interface FoundFile {
  path: string;
  size: number;
  modified: Date;
}

/** @param folder the built site. */
export function staticSite(folder: string) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendText(response, 405, 'Only GET and HEAD work here.', { allow: 'GET, HEAD' });
    }
    const path = decodePath(request.url ?? '/');
    if (path === null) return sendText(response, 400, 'This address can not be read.');
    const file = await find(folder, path);
    if (file) return send(request, response, file, 200, path);
    const missing = await find(folder, '/404.html');
    if (missing) return send(request, response, missing, 404, path);
    sendText(response, 404, 'There is no such page. The sandbox is at /sandbox.');
  };
}

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    ...commonHeaders,
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(`${text}\n`);
}

function decodePath(url: string): string | null {
  try {
    const path = decodeURIComponent(url.split(/[?#]/)[0] ?? '/');
    return path.startsWith('/') && !/[\0\\]/.test(path) ? path : null;
  } catch {
    return null;
  }
}

/** The file for a path: itself, its page, or the index of its folder. Nothing outside the site, links followed or not. */
async function find(folder: string, path: string): Promise<FoundFile | null> {
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.some((segment) => segment.startsWith('.') && segment !== '.well-known')) return null;
  const root = await realpath(folder).catch(() => null);
  if (!root) return null;
  const plain = join(root, ...segments);
  const candidates = path.endsWith('/')
    ? [join(plain, 'index.html')]
    : [plain, `${plain}.html`, join(plain, 'index.html')];
  for (const candidate of candidates) {
    const real = await realpath(candidate).catch(() => null);
    if (!real?.startsWith(root + sep)) continue;
    const found = await stat(real);
    if (found.isFile()) return { path: real, size: found.size, modified: found.mtime };
  }
  return null;
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  file: FoundFile,
  status: number,
  path: string,
): Promise<void> {
  const tag = `W/"${file.size.toString(36)}-${file.modified.getTime().toString(36)}"`;
  const html = extname(file.path) === '.html';
  // The bundler puts a hash of the content into the names below _astro: they never change.
  const forever = path.startsWith('/_astro/') && status === 200;
  const headers: Record<string, string> = {
    ...commonHeaders,
    'content-type': types[extname(file.path).toLowerCase()] ?? 'application/octet-stream',
    'cache-control': forever ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: tag,
  };
  if (status === 200 && request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end();
    return;
  }
  if (html) {
    const text = await readFile(file.path, 'utf8');
    headers['content-security-policy'] = contentSecurityPolicy(text);
    headers['content-length'] = String(Buffer.byteLength(text));
    response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : text);
    return;
  }
  headers['content-length'] = String(file.size);
  response.writeHead(status, headers);
  if (request.method === 'HEAD') response.end();
  // A visitor who leaves in the middle is no error.
  else await pipeline(createReadStream(file.path), response).catch(() => {});
}
