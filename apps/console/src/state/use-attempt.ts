import { messageOf, SlipwayError } from '@slipway/kit/errors';
import { type FormEvent, useState } from 'react';

/** One thing that is tried when a form is sent: busy meanwhile, and what the hub has against it afterwards. */
export function useAttempt(work: (about?: string) => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<SlipwayError>();
  const run = (about?: string | FormEvent): void => {
    if (typeof about === 'object') about.preventDefault();
    if (busy) return;
    setBusy(true);
    work(typeof about === 'string' ? about : undefined)
      .then(() => setError(undefined))
      .catch((problem: unknown) => setError(problem instanceof SlipwayError ? problem : new SlipwayError('Internal', messageOf(problem))))
      .finally(() => setBusy(false));
  };
  return { busy, error, run };
}
