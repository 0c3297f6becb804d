import type { ApiObject } from '@slipway/model';
import { type ClusterCost, costReport, type Prices } from '@slipway/model/browser';
import { useMemo } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, Pool } from '../../hub/objects.ts';
import { useObjects } from '../../state/use-live.ts';

interface Account extends ApiObject {
  readonly spec: { readonly prices?: Prices };
}

/** The dearest first; what nobody can price comes last. Live, as everything it is counted from. */
export function useCosts(project: string | undefined) {
  const clusters = useObjects<Cluster>(KINDS.clusters, project);
  const pools = useObjects<Pool>(KINDS.machinepools, project);
  const accounts = useObjects<Account>(KINDS.cloudaccounts);
  const rows = useMemo(() => {
    const prices = new Map(accounts.items.map(({ metadata, spec }) => [metadata.name, spec.prices]));
    const amount = ({ cost }: ClusterCost): number => Number(cost?.perHour ?? -1);
    return costReport(clusters.items, pools.items, (account) => prices.get(account)).toSorted((a, b) => amount(b) - amount(a));
  }, [clusters.items, pools.items, accounts.items]);
  const from = [clusters, pools, accounts];
  return { rows, loading: from.some(({ state }) => state === 'loading'), error: from.find(({ error }) => error !== undefined)?.error };
}
