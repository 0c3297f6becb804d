import { type ErrorCode, messageOf, SlipwayError } from '@slipway/kit/errors';

const STEPS: Readonly<Partial<Record<ErrorCode, string>>> = {
  BadRequest: 'Change it and try again.',
  Invalid: 'Change what is named and try again.',
  // The end of the session is told by itself: here it is something behind the hub that does not know who asks.
  Unauthorized: 'The hub knows you; what is behind it does not. See whether the cluster’s agent is connected, and try again.',
  Forbidden: 'Whoever manages roles can give you one that lets you.',
  NotFound: 'It may have been deleted meanwhile: go back to its list.',
  AlreadyExists: 'Choose another name.',
  Conflict: 'Load the page anew to see what was changed, and try again.',
  TooManyRequests: 'Wait a moment and try again.',
};
const ELSE = 'Try again; if it stays, give the request id to whoever runs the hub.';

/** What went wrong in one sentence, and the one thing to do next. A hub that knows the next step has written it behind its sentence. */
export function sentenceOf(error: unknown): { readonly sentence: string; readonly next: string | undefined } {
  const sentence = messageOf(error);
  if (!(error instanceof SlipwayError)) return { sentence, next: ELSE };
  if (error.hint !== undefined) return { sentence, next: error.hint };
  return { sentence, next: /[.!?;] \S/.test(sentence) ? undefined : (STEPS[error.code] ?? ELSE) };
}
