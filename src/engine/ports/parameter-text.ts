import type { Parameter } from './connection.ts';

/** The text form of a parameter; the statement's cast gives it its type. */
export function parameterText(value: Parameter): string | null {
  if (value === null) return null;
  if (typeof value === 'object') return `{${value.map(elementText).join(',')}}`;
  return String(value);
}

function elementText(value: string | number): string {
  return typeof value === 'number' ? String(value) : `"${value.replace(/["\\]/g, '\\$&')}"`;
}
