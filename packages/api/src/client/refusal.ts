import { SlipwayError } from '@slipway/kit/errors';
import { codeOfStatus, type StatusBody } from '../errors.ts';

/** A Status, or whatever else was answered, as an error. */
export function refusalOf(
  { code, requestId }: { readonly code: number; readonly requestId: string | readonly string[] | undefined },
  text: string,
): SlipwayError {
  const status = statusIn(text);
  return new SlipwayError(codeOfStatus(code, status.reason), status.message ?? `The hub answered ${code}.`, {
    causes: (status.details?.causes ?? []).map(({ field = '', message }) => ({ field, message })),
    ...(requestId === undefined ? {} : { detail: `request ${String(requestId)}` }),
    ...(status.details?.retryAfterSeconds === undefined ? {} : { retryAfter: status.details.retryAfterSeconds }),
  });
}

/** A Status, if it is one: what is behind the hub (a proxy, a cluster's API server) may answer with anything, and its status code says enough. */
function statusIn(text: string): Partial<StatusBody> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return {};
  }
  const { message, reason, details } = (found ?? {}) as { message?: unknown; reason?: unknown; details?: Partial<StatusBody>['details'] };
  // A sentence is for people; a document in its place is not.
  if (typeof message !== 'string' || message === '' || /^\s*[{[]/.test(message)) return {};
  const causes = Array.isArray(details?.causes) ? details.causes.filter((cause) => typeof cause?.message === 'string') : [];
  return {
    message,
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof details === 'object' && details !== null ? { details: { ...details, causes } } : {}),
  };
}
