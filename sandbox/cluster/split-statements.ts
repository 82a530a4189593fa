import { PostgreSQL } from '@codemirror/lang-sql';

export interface ScriptStatement {
  text: string;
  /** Offset of `text` in the script, in UTF-16 units. */
  from: number;
  /** A command of psql (`\d`), which no server understands. */
  meta: boolean;
}

/**
 * Cuts a script into its statements with the grammar that the editor highlights it with, so that both agree on where
 * one ends: quotes, dollar quotes, comments and all. Comments between statements are left out.
 */
export function splitStatements(script: string): ScriptStatement[] {
  const statements: ScriptStatement[] = [];
  const tree = PostgreSQL.language.parser.parse(script);
  for (let node = tree.topNode.firstChild; node; node = node.nextSibling) {
    const text = script.slice(node.from, node.to);
    const last = statements.at(-1);
    if (node.type.isError && text.startsWith('\\')) {
      const end = script.indexOf('\n', node.from);
      const line = script.slice(node.from, end < 0 ? undefined : end);
      statements.push({ text: line, from: node.from, meta: true });
    } else if (node.name === 'Statement' && text !== ';') {
      if (last && isOpenBody(last.text)) last.text = script.slice(last.from, node.to);
      else statements.push({ text, from: node.from, meta: false });
    }
  }
  return statements;
}

/** The grammar ends `BEGIN ATOMIC ... END` (SQL-standard function bodies) at its first inner semicolon. */
function isOpenBody(text: string): boolean {
  return (
    /^create\b[\s\S]*\b(function|procedure)\b[\s\S]*\bbegin\s+atomic\b/i.test(text) &&
    !/;\s*end\s*;?\s*$/i.test(text)
  );
}
