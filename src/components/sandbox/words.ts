/** Small words and numbers that every part of the sandbox says in the same way. */

/** `1 row`, `12 rows`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number.toLocaleString('en-GB')} ${number === 1 ? noun : plural}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** A duration with its unit: `4.2 ms`, `310 ms`, `2.4 s`. */
export function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 100 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** Milliseconds since 1970 as the wall clock of this browser, `22:04:31.123`. */
export function clock(at: number): string {
  const date = new Date(at);
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** The time of day in an ISO stamp, as precise as it is: `10:22:31.123456` or `10:22:31.123`. */
export function stampClock(iso: string): string {
  const time = /T?(\d{2}:\d{2}:\d{2}(?:\.\d+)?)/.exec(iso)?.[1] ?? iso;
  return time.replace(/(\.\d{3})000$/, '$1');
}

/** A table as people write it: without the schema that is always searched. */
export function tableWords(schema: string, table: string): string {
  return schema === 'public' ? table : `${schema}.${table}`;
}

/** What a rejected promise means to a person. */
export function errorWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
