/** Who a request comes from, and what that visitor may do. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';

export type Role = 'presenter' | 'attendee';

export interface VisitorRules {
  /** The address given by `--host`. */
  host: string;
  /** The port that the server has. */
  port: () => number;
  /** Makes a presenter of whoever shows it; null when only this machine can reach the server. */
  token: string | null;
}

const COOKIE = 'capra_token';

export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === '::1' || address === 'localhost';
}

/**
 * Whether the Host header names this server. A page of another site can point its own name at 127.0.0.1 (DNS
 * rebinding); its requests then carry that name.
 */
export function isOwnHost(header: string | undefined, rules: VisitorRules): boolean {
  if (!header) return false;
  let url: URL;
  try {
    url = new URL(`http://${header}`);
  } catch {
    return false;
  }
  if (Number(url.port || 80) !== rules.port()) return false;
  const name = url.hostname.replace(/^\[|\]$/g, '');
  return ownNames(rules.host).has(name.toLowerCase());
}

/** Browsers send Origin with every WebSocket handshake; programs that are no browser need not. */
export function isOwnOrigin(header: string | undefined, rules: VisitorRules): boolean {
  if (header === undefined) return true;
  return header.startsWith('http://') && isOwnHost(header.slice('http://'.length), rules);
}

/**
 * The presenter sits at this machine or has the token. A request that some proxy on this machine passes on is not
 * from this machine.
 */
export function roleOf(request: IncomingMessage, rules: VisitorRules): Role {
  const forwarded = request.headers['x-forwarded-for'] ?? request.headers.forwarded;
  if (isLoopback(request.socket.remoteAddress ?? '') && forwarded === undefined) return 'presenter';
  const shown = [tokenInUrl(request), tokenInCookie(request)];
  return shown.some((token) => isToken(token, rules)) ? 'presenter' : 'attendee';
}

/** After `?token=` in a page's address a cookie carries the token to the WebSocket, which scripts can't read. */
export function cookieFor(request: IncomingMessage, rules: VisitorRules): string | null {
  const token = tokenInUrl(request);
  if (!isToken(token, rules)) return null;
  return `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict`;
}

function isToken(shown: string | null, rules: VisitorRules): boolean {
  if (!shown || !rules.token) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(rules.token));
}

function tokenInUrl(request: IncomingMessage): string | null {
  return URL.parse(request.url ?? '/', 'http://own')?.searchParams.get('token') ?? null;
}

function tokenInCookie(request: IncomingMessage): string | null {
  const parts = (request.headers.cookie ?? '').split(';').map((part) => part.trim());
  return parts.find((part) => part.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? null;
}

function ownNames(host: string): Set<string> {
  const names = new Set(['localhost', '127.0.0.1', '::1', host.toLowerCase()]);
  if (isLoopback(host)) return names;
  names.add(hostname().toLowerCase());
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address } of addresses ?? []) names.add(address.toLowerCase());
  }
  return names;
}
