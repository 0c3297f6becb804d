import type { ApiObject } from '@slipway/model';
import type { Prices } from '@slipway/model/browser';
import { useMemo } from 'react';
import { KINDS } from '../hub/kinds.ts';
import { useObjects } from './use-live.ts';

interface Account extends ApiObject {
  readonly spec: { readonly prices?: Prices };
}

/** What the machines of each cloud account cost, live; the function is the same one until an account changes. */
export function usePrices() {
  const accounts = useObjects<Account>(KINDS.cloudaccounts);
  const pricesOf = useMemo(() => {
    const prices = new Map(accounts.items.map(({ metadata, spec }) => [metadata.name, spec.prices]));
    return (account: string): Prices | undefined => prices.get(account);
  }, [accounts.items]);
  return { accounts, pricesOf };
}
