import { type ErrorCode, messageOf, SlipwayError } from '@slipway/kit';

const HTTP: Readonly<Record<ErrorCode, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  TooLarge: 413,
  Invalid: 422,
  TooManyRequests: 429,
  Internal: 500,
  Host: 500,
  Unavailable: 503,
  Timeout: 504,
};

const REASON: Partial<Record<ErrorCode, string>> = {
  Internal: 'InternalError',
  Host: 'InternalError',
  Unavailable: 'ServiceUnavailable',
  TooLarge: 'RequestEntityTooLarge',
  Gone: 'Expired',
};

/** `metav1.Status`, so that kubectl and client-go show the words of an error that never reached an API server. */
export interface KubeStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly code: number;
  readonly details?: { readonly retryAfterSeconds: number };
}

/** Anything thrown as a `metav1.Status`. Errors that are not ours say nothing of the inside. */
export function statusOf(error: unknown): KubeStatus {
  const known = error instanceof SlipwayError ? error : undefined;
  const outside = known === undefined ? (error as { statusCode?: unknown }).statusCode : undefined;
  const code = known ? HTTP[known.code] : typeof outside === 'number' && outside >= 400 && outside < 500 ? outside : 500;
  const message = known
    ? known.hint
      ? `${known.message} ${known.hint}`
      : known.message
    : code < 500
      ? messageOf(error)
      : 'The hub failed to answer this request. Its log says why.';
  const reason = known ? (REASON[known.code] ?? known.code) : code < 500 ? 'BadRequest' : 'InternalError';
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
    ...(known?.retryAfter === undefined ? {} : { details: { retryAfterSeconds: known.retryAfter } }),
  };
}
