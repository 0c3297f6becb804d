import { SlipwayError } from '@slipway/kit';
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

/** Longer ones are refused, not cut: nobody should believe that all of it counts. */
export const MAX_PASSWORD_LENGTH = 128;
/** Of zxcvbn's five: 3 takes more than 10⁸ guesses, far beyond what the lockout lets anybody try. */
const LEAST_SCORE = 3;
/** Estimating takes time that grows with the square of the length. */
const ESTIMATED_LENGTH = 48;

let loading: Promise<ZxcvbnFactory> | undefined;
/** Loaded when somebody first chooses a password: the dictionaries take 20 MB. */
async function estimator(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory: Factory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return new Factory({ dictionary, graphs: adjacencyGraphs });
}

/** Refuses a new password that is too short, too long, the user's name, or easily guessed: common ones with changes, patterns on the keyboard, dates, repetitions. */
export async function refuseWeakPassword(
  password: string,
  context: { readonly minLength: number; readonly user: string; readonly tenant: string },
): Promise<void> {
  const length = [...password.normalize('NFKC')].length;
  if (length < context.minLength)
    throw weak(`is shorter than ${context.minLength} characters`, 'Several words in a row are long and easy to keep in mind.');
  if (length > MAX_PASSWORD_LENGTH) throw weak(`is longer than ${MAX_PASSWORD_LENGTH} characters`);
  const known = [context.user, context.tenant, 'slipway', 'kubernetes'];
  const { score } = (await (loading ??= estimator())).check(password.slice(0, ESTIMATED_LENGTH), known);
  if (score < LEAST_SCORE || password.toLowerCase() === context.user)
    throw weak(
      'is among those that are guessed first',
      'Common words, names, dates and rows of keys are tried first: take several unrelated words.',
    );
}

const weak = (why: string, hint?: string): SlipwayError =>
  new SlipwayError('Invalid', `The new password ${why}.`, {
    causes: [{ field: 'newPassword', message: why, reason: 'FieldValueInvalid' }],
    ...(hint === undefined ? {} : { hint }),
  });
