/** What went wrong, in one word; the HTTP status and the CLI's exit code follow from it (one place each). */
export type ErrorCode =
  | 'BadRequest'
  | 'Invalid'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  /** The address is there and takes other methods. */
  | 'MethodNotAllowed'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'TooLarge'
  | 'TooManyRequests'
  | 'Timeout'
  | 'Unavailable'
  | 'Internal'
  /** A need of the host is not met: no root, no disk, a port taken, a missing package, a cgroup controller. */
  | 'Host';

/** One cause of a refused object: the field's path as users write it (`spec.pools[0].replicas`) and what would be right. */
export interface FieldCause {
  readonly field: string;
  readonly message: string;
  readonly reason?:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueTypeInvalid'
    | 'FieldValueForbidden'
    /** Server-side apply: the field has another manager. */
    | 'FieldManagerConflict'
    /** The caller has seen a newer state than this server has. */
    | 'ResourceVersionTooLarge';
}

export interface ErrorOptions {
  /** For the operator's log; may name internals, never secrets. */
  readonly detail?: string;
  /** What to do next, a full sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly causes?: readonly FieldCause[];
  readonly retryable?: boolean;
  /** Seconds after which a retry makes sense. */
  readonly retryAfter?: number;
  /** With Gone: a continue token with which the list goes on at the newest state, for callers who can live with a list of two states. */
  readonly continueToken?: string;
}

/**
 * The one error type. Thrown low, translated to HTTP (`api/src/errors.ts`) or an exit code (`apps/cli/src/exit.ts`) in one place each.
 *
 * @example throw new SlipwayError('NotFound', 'Cluster "dev" was not found in project "default".', { hint: 'List them with: slipway get clusters' });
 */
export class SlipwayError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly causes: readonly FieldCause[];
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly continueToken: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SlipwayError';
    this.code = code;
    this.detail = options.detail;
    this.hint = options.hint;
    this.causes = options.causes ?? [];
    this.retryable =
      options.retryable ?? (code === 'Unavailable' || code === 'Timeout' || code === 'Conflict' || code === 'TooManyRequests');
    this.retryAfter = options.retryAfter;
    this.continueToken = options.continueToken;
  }
}

/** The text of anything thrown, never empty. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
