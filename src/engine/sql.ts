/** Quoting, the way PostgreSQL's own `quote_ident` and `quote_literal` do it. Nothing reaches a statement unquoted. */
import type { RelationName } from './types.ts';

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteLiteral(text: string): string {
  return text.includes('\\') ? `E'${text.replace(/['\\]/g, '$&$&')}'` : `'${text.replaceAll("'", "''")}'`;
}

export function quoteRelation(name: RelationName): string {
  return `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.table)}`;
}

/** For people: `public.goat`, quoted only where PostgreSQL would need it. */
export function relationLabel(name: RelationName): string {
  const plain = (part: string) => (/^[a-z_][a-z0-9_$]*$/.test(part) ? part : quoteIdentifier(part));
  return `${plain(name.schema)}.${plain(name.table)}`;
}
