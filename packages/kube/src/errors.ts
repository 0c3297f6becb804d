import { SlipwayError, type ErrorCode, type FieldCause } from '@slipway/kit';

/** The parts of `metav1.Status` that say what went wrong. */
interface StatusBody {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly field?: string; readonly message?: string; readonly reason?: string }[];
  };
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'TooLarge',
  415: 'BadRequest',
  422: 'Invalid',
  429: 'TooManyRequests',
  502: 'Unavailable',
  503: 'Unavailable',
  504: 'Timeout',
};

function parseStatus(text: string): StatusBody | undefined {
  try {
    const body = JSON.parse(text) as StatusBody;
    return body !== null && typeof body === 'object' ? body : undefined;
  } catch {
    return undefined;
  }
}

/** `AlreadyExists` and `Conflict` share HTTP 409; the reason tells them apart. `Expired` is 410 in a watch's ERROR event. */
function codeOf(status: number, reason: string | undefined): ErrorCode {
  if (reason === 'AlreadyExists') return 'AlreadyExists';
  if (reason === 'Expired' || reason === 'Gone') return 'Gone';
  return codes[status] ?? 'Internal';
}

/** An answer of the API server other than 2xx as the one error type; the message is the server's own. `what` is method and path, for the operator. */
export function kubeError(status: number, text: string, what: string, retryAfterHeader?: string): SlipwayError {
  const body = parseStatus(text);
  const message = body?.message ?? (text.trim().slice(0, 500) || `The API server answered ${status}.`);
  const retryAfter = body?.details?.retryAfterSeconds ?? (Number(retryAfterHeader) || undefined);
  const causes: FieldCause[] = (body?.details?.causes ?? []).map((cause) => ({ field: cause.field ?? '', message: cause.message ?? '' }));
  return new SlipwayError(codeOf(status, body?.reason), message, {
    detail: `${what}: HTTP ${status}`,
    causes,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** A request that got no answer at all: refused, reset, a name not found, a certificate not trusted. */
export function connectionError(error: unknown, server: string, what: string): SlipwayError {
  const cause = error as NodeJS.ErrnoException;
  // Happy-eyeballs failures are an AggregateError with an empty message; its code still says ECONNREFUSED.
  const said = cause.message || cause.code || cause.name || 'no answer';
  const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(cause.code ?? '');
  return new SlipwayError('Unavailable', `The API server at ${server} does not answer: ${said}.`, {
    detail: what,
    cause: error,
    ...(untrusted ? { hint: 'The certificate is not signed by the authority of this connection; get a fresh kubeconfig.' } : {}),
  });
}
