/** Errors of the engine. Each has a stable `code`, says what was wrong, what was expected and what to do next. */
export class CapraError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CapraError';
    this.code = code;
  }
}

/** An error that PostgreSQL reported, with the node and the statement that caused it. */
export class DatabaseError extends CapraError {
  /** SQLSTATE, for example `40001`; `08006` when the connection was lost. */
  readonly sqlstate: string;
  readonly node: string;
  readonly statement: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** Offset into the statement, in characters, counted from 0. */
  readonly position: number | null;

  constructor(fields: {
    message: string;
    sqlstate: string;
    node: string;
    statement: string;
    detail?: string | null;
    hint?: string | null;
    position?: number | null;
    cause?: unknown;
  }) {
    super('database', fields.message, { cause: fields.cause });
    this.name = 'DatabaseError';
    this.sqlstate = fields.sqlstate;
    this.node = fields.node;
    this.statement = fields.statement;
    this.detail = fields.detail ?? null;
    this.hint = fields.hint ?? null;
    this.position = fields.position ?? null;
  }
}

/** The connection is gone; nothing that was open in it has been committed. Class 08, 57P01 to 57P03 and driver errors. */
export function isConnectionLoss(error: unknown): boolean {
  return (
    error instanceof DatabaseError && (error.sqlstate.startsWith('08') || /^57P0[1-5]$/.test(error.sqlstate))
  );
}
