import { SlipwayError } from '@slipway/kit/errors';
import { codeOfStatus, type StatusBody } from '../errors.ts';

/** A Status, or whatever else was answered, as an error. */
export function refusalOf(
  { code, requestId }: { readonly code: number; readonly requestId: string | readonly string[] | undefined },
  text: string,
): SlipwayError {
  let status: Partial<StatusBody> = {};
  try {
    status = JSON.parse(text) as Partial<StatusBody>;
  } catch {
    // Not from the hub itself; its status code says enough.
  }
  return new SlipwayError(codeOfStatus(code, status.reason), status.message ?? `The hub answered ${code}.`, {
    causes: (status.details?.causes ?? []).map(({ field = '', message }) => ({ field, message })),
    ...(requestId === undefined ? {} : { detail: `request ${String(requestId)}` }),
    ...(status.details?.retryAfterSeconds === undefined ? {} : { retryAfter: status.details.retryAfterSeconds }),
  });
}
