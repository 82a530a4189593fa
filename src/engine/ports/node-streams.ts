/**
 * Web streams over the Node streams that postgres.js gives for COPY. Written by hand because the driver pushes
 * one small buffer a row: here each read takes all that is buffered, which is many rows at once.
 */
import type { Readable, Writable } from 'node:stream';

export function copySource(stream: Readable, toError: (error: unknown) => Error): ReadableStream<Uint8Array> {
  let wake: () => void = () => {};
  let ended = false;
  let failure: unknown;
  stream.on('readable', () => wake());
  stream.on('end', () => {
    ended = true;
    // The driver pauses its socket when the buffer is full and resumes it in `_read`, which Node does not call again
    // after the last row: where that row filled the buffer, the connection would stay silent for ever.
    stream._read(0);
    wake();
  });
  stream.on('error', (error) => {
    failure = error;
    wake();
  });
  stream.on('close', () => {
    if (!ended && failure === undefined)
      failure = new Error('the connection was closed while rows were read');
    wake();
  });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          if (failure !== undefined) return controller.error(toError(failure));
          const chunk: Uint8Array | null = stream.read();
          if (chunk) return controller.enqueue(chunk);
          if (ended) return controller.close();
          await new Promise<void>((resolve) => (wake = resolve));
        }
      },
      // The driver stops reading the socket when its stream is destroyed, so what is left is read and dropped.
      async cancel() {
        while (!ended && failure === undefined) {
          if (stream.read() === null) await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    },
    { highWaterMark: 1 },
  );
}

/**
 * @param onQueryFailed registers what to call when the statement fails after the last byte was written.
 */
export function copySink(
  stream: Writable,
  onQueryFailed: (listener: (error: unknown) => void) => void,
  toError: (error: unknown) => Error,
): WritableStream<Uint8Array> {
  let failure: Error | undefined;
  const waiting = new Set<(error: Error) => void>();
  const fail = (error: unknown) => {
    failure ??= toError(error);
    for (const reject of waiting) reject(failure);
    waiting.clear();
  };
  stream.on('error', fail);
  stream.on('close', () => {
    if (!stream.writableFinished) fail(new Error('the connection was closed while rows were written'));
  });
  onQueryFailed(fail);
  const settle = (work: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      if (failure) return reject(failure);
      waiting.add(reject);
      work((error) => {
        waiting.delete(reject);
        if (error) reject(failure ?? toError(error));
        else resolve();
      });
    });
  return new WritableStream<Uint8Array>({
    write: (chunk) => settle((done) => void stream.write(chunk, done)),
    close: () => settle((done) => void stream.end(done)),
    abort: (reason) => void stream.destroy(reason instanceof Error ? reason : new Error(String(reason))),
  });
}
