import { type ErrorCode, messageOf, SlipwayError } from '@slipway/kit/errors';

/** `metav1.Status`, the body of every error answer. */
export interface StatusBody {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string };
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly { readonly reason?: string; readonly message: string; readonly field?: string }[];
    readonly retryAfterSeconds?: number;
  };
  readonly code?: number;
}

/** HTTP status and Kubernetes reason of each code: the only place that knows them. */
const HTTP: Readonly<Record<ErrorCode, readonly [status: number, reason: string]>> = {
  BadRequest: [400, 'BadRequest'],
  Invalid: [422, 'Invalid'],
  Unauthorized: [401, 'Unauthorized'],
  Forbidden: [403, 'Forbidden'],
  NotFound: [404, 'NotFound'],
  MethodNotAllowed: [405, 'MethodNotAllowed'],
  AlreadyExists: [409, 'AlreadyExists'],
  Conflict: [409, 'Conflict'],
  Gone: [410, 'Expired'],
  TooLarge: [413, 'RequestEntityTooLarge'],
  TooManyRequests: [429, 'TooManyRequests'],
  Timeout: [504, 'Timeout'],
  Unavailable: [503, 'ServiceUnavailable'],
  Internal: [500, 'InternalError'],
  Host: [500, 'InternalError'],
};

/** What a request was about, for `details`. */
export interface ErrorTarget {
  readonly group?: string | undefined;
  /** The resource: `clusters`. */
  readonly kind?: string | undefined;
  /** The kind itself, which Kubernetes names when an object is invalid. */
  readonly objectKind?: string | undefined;
  readonly name?: string | undefined;
}

/** Anything thrown as a Status. What is not a SlipwayError is told without its text: it may name internals. */
export function statusOf(error: unknown, target: ErrorTarget = {}): StatusBody & { readonly code: number } {
  const known = error instanceof SlipwayError ? error : fromFastify(error);
  const [code, reason] = HTTP[known.code];
  const kind = known.code === 'Invalid' ? (target.objectKind ?? target.kind) : target.kind;
  const causes = known.causes.map(({ field, message, reason: why }) => ({
    ...(why === undefined ? {} : { reason: why }),
    message,
    ...(field === '' ? {} : { field }),
  }));
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: known.continueToken === undefined ? {} : { continue: known.continueToken },
    status: 'Failure',
    message: known.hint === undefined ? known.message : `${known.message} ${known.hint}`,
    reason: known.code === 'BadRequest' && isUnsupportedMediaType(error) ? 'UnsupportedMediaType' : reason,
    details: {
      ...(target.name === undefined ? {} : { name: target.name }),
      ...(target.group === undefined ? {} : { group: target.group }),
      ...(kind === undefined ? {} : { kind }),
      ...(causes.length === 0 ? {} : { causes }),
      ...(known.retryAfter === undefined ? {} : { retryAfterSeconds: known.retryAfter }),
    },
    code: isUnsupportedMediaType(error) ? 415 : code,
  };
}

const isUnsupportedMediaType = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE';

/** Errors of the HTTP layer itself carry a status; everything else is ours to fix. */
function fromFastify(error: unknown): SlipwayError {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) return new SlipwayError('TooLarge', 'The request is larger than 3 MiB.');
  if (status >= 400 && status < 500) return new SlipwayError('BadRequest', messageOf(error), { cause: error });
  return new SlipwayError('Internal', 'The hub failed to answer; its log says why.', {
    cause: error,
    hint: 'Try again; if it stays, look up the x-request-id of this answer in the log.',
  });
}

/** The code of an answer's Status, for clients. */
export function codeOfStatus(status: number, reason: string | undefined): ErrorCode {
  const byReason = Object.entries(HTTP).find(([, [, word]]) => word === reason);
  if (byReason !== undefined && reason !== 'InternalError') return byReason[0] as ErrorCode;
  if (reason === 'Gone') return 'Gone';
  const byStatus = Object.entries(HTTP).find(([, [number]]) => number === status);
  if (byStatus !== undefined) return byStatus[0] as ErrorCode;
  return status >= 500 ? 'Internal' : 'BadRequest';
}
