import { DatabaseError } from '../../src/engine/errors.ts';
import type { StatementOutcome } from '../../src/engine/ports/connection.ts';
import { type StatementResult, VALUE_CHARACTERS_MAX } from '../protocol.ts';
import type { ScriptStatement } from './split-statements.ts';

export function successResult(
  statement: ScriptStatement,
  outcome: StatementOutcome,
  ms: number,
): StatementResult {
  const { columns, rows, rowCount, truncated, command } = outcome;
  if (columns === null) return { kind: 'command', statement: statement.text, command, rowCount, ms };
  return {
    kind: 'rows',
    statement: statement.text,
    columns,
    rows: rows.map((row) => row.map(cutValue)),
    rowCount,
    truncated,
    ms,
  };
}

export function cutValue(value: string | null): string | null {
  if (value === null || value.length <= VALUE_CHARACTERS_MAX) return value;
  return `${value.slice(0, VALUE_CHARACTERS_MAX - 1)}…`;
}

export function errorResult(statement: ScriptStatement, error: unknown): StatementResult {
  const database = error instanceof DatabaseError ? error : null;
  const position = database?.position ?? null;
  return {
    kind: 'error',
    statement: statement.text,
    message: error instanceof Error ? error.message : String(error),
    sqlstate: database?.sqlstate ?? null,
    detail: database?.detail ?? null,
    hint: database?.hint ?? null,
    position: position === null ? null : statement.from + utf16Length(statement.text, position),
  };
}

/** A statement that was not sent to the database. */
export function refusalResult(statement: ScriptStatement, message: string): StatementResult {
  return {
    kind: 'error',
    statement: statement.text,
    message,
    sqlstate: null,
    detail: null,
    hint: null,
    position: statement.from,
  };
}

/** PostgreSQL counts characters; JavaScript counts UTF-16 units. */
function utf16Length(text: string, characters: number): number {
  let units = 0;
  for (const character of text) {
    if (characters-- <= 0) break;
    units += character.length;
  }
  return units;
}
