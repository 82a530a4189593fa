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

/** What drivers put into their errors: the fields of PostgreSQL's ErrorResponse, as text. */
interface DriverError {
  message?: string;
  code?: string;
  detail?: string;
  hint?: string;
  position?: string;
}

/**
 * Makes a driver's error ours.
 * @param lost why the node does not answer, where the connection is gone, else null
 */
export function fromDriver(
  error: unknown,
  where: { node: string; statement: string; sqlstate: string; lost: string | null },
): DatabaseError {
  const { message, detail, hint, position } = error as DriverError;
  const { lost, ...rest } = where;
  return new DatabaseError({
    ...rest,
    message: lost === null ? (message ?? String(error)) : `node ${where.node} does not answer: ${lost}`,
    detail,
    hint,
    position: position ? Number(position) - 1 : null,
    cause: error,
  });
}

/** The connection is gone; nothing that was open in it has been committed. Class 08, 57P01 to 57P03 and driver errors. */
export function isConnectionLoss(error: unknown): boolean {
  return (
    error instanceof DatabaseError && (error.sqlstate.startsWith('08') || /^57P0[1-5]$/.test(error.sqlstate))
  );
}
