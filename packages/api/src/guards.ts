import { withDeadline } from '@slipway/kit';
import type { Kind } from '@slipway/model';

/** How long each guard of a request may take. Generous: a busy machine is no reason to refuse, but silence is. */
const GUARD_MS = 20_000;

/** The answer of a guard (who asks, what they may), or `Unavailable` when it gives none: nothing is done without one. */
export const guarded = <T>(what: string, answer: Promise<T>): Promise<T> => withDeadline(GUARD_MS, what, answer);

/** Admission by the checks of a kind, which read other objects. */
export async function admitted({ kind }: Kind, answer: Promise<void> | undefined): Promise<void> {
  if (answer !== undefined) await guarded(`whether this ${kind} is admitted`, answer);
}
