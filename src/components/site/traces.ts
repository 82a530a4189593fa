import { type RecordedTrace, readTrace } from './recorded-trace.ts';

const FILES = import.meta.glob<unknown>('../../content/traces/*.trace.json', {
  eager: true,
  import: 'default',
});

/** A recording by its name, or null where it has not been made (`sandbox/record.ts` makes them). */
export function recordedTrace(name: string): RecordedTrace | null {
  const file = FILES[`../../content/traces/${name}.trace.json`];
  return file === undefined ? null : readTrace(file);
}
