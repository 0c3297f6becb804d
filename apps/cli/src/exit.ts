import { type ErrorCode, SlipwayError } from '@slipway/kit';

/** The CLI's exit codes, documented in docs/exit-codes.md. Scripts rely on them: never change one. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  auth: 3,
  notFound: 4,
  conflict: 5,
  timeout: 6,
  differences: 7,
  host: 10,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const byErrorCode: Record<ErrorCode, ExitCode> = {
  BadRequest: EXIT.failed,
  Invalid: EXIT.failed,
  Unauthorized: EXIT.auth,
  Forbidden: EXIT.auth,
  NotFound: EXIT.notFound,
  MethodNotAllowed: EXIT.failed,
  AlreadyExists: EXIT.conflict,
  Conflict: EXIT.conflict,
  Gone: EXIT.failed,
  TooLarge: EXIT.failed,
  TooManyRequests: EXIT.failed,
  Timeout: EXIT.timeout,
  Unavailable: EXIT.failed,
  Internal: EXIT.failed,
  Host: EXIT.host,
};

/** Wrong arguments: the words of the CLI itself, before anything was asked of the hub. */
export class UsageError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

/** The user pressed Ctrl-C; `message` says what goes on without us and how to come back to it. */
export class Detached extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Detached';
  }
}

/** Ends the command with a code without an error message: everything was already said. */
export class Finished extends Error {
  readonly code: ExitCode;
  constructor(code: ExitCode) {
    super('');
    this.name = 'Finished';
    this.code = code;
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Finished) return error.code;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof Detached) return EXIT.interrupted;
  if (error instanceof SlipwayError) return byErrorCode[error.code];
  return EXIT.failed;
}
