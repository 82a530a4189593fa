import { connect, type Socket } from 'node:net';

/**
 * Opens the socket for postgres.js, which leaves Nagle's algorithm on: the end of a COPY and the next statement are
 * then two small writes in a row, and the second waits 40 ms for the server's delayed acknowledgement.
 * @param target what postgres.js has made of the connection string; the first host counts
 * @param timeoutMs until the attempt is given up
 */
export function openSocket(
  target: { host?: string | string[]; port?: number | number[]; path?: string | false },
  timeoutMs: number,
): Promise<Socket> {
  const first = <T>(value: T | T[] | undefined): T | undefined => (Array.isArray(value) ? value[0] : value);
  const host = first(target.host) ?? 'localhost';
  const port = Number(first(target.port) ?? 5432);
  const socket = target.path ? connect(target.path) : connect({ host, port, noDelay: true });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new Error(
        `no answer from ${target.path || `${host}:${port}`} within ${timeoutMs / 1000} s`,
      );
      socket.destroy(Object.assign(error, { code: 'CONNECT_TIMEOUT' }));
    }, timeoutMs);
    const failed = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', failed);
      // The driver reads these two for TLS and for its messages.
      resolve(Object.assign(socket, { host, port }));
    });
  });
}
