import { type ClusterCost, costReport } from '@slipway/model/browser';
import { useMemo } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, Pool } from '../../hub/objects.ts';
import { useObjects } from '../../state/use-live.ts';
import { usePrices } from '../../state/use-prices.ts';

/** The dearest first; what nobody can price comes last. Live, as everything it is counted from. */
export function useCosts(project: string | undefined) {
  const clusters = useObjects<Cluster>(KINDS.clusters, project);
  const pools = useObjects<Pool>(KINDS.machinepools, project);
  const { accounts, pricesOf } = usePrices();
  const rows = useMemo(() => {
    const amount = ({ cost }: ClusterCost): number => Number(cost?.perHour ?? -1);
    return costReport(clusters.items, pools.items, pricesOf).toSorted((a, b) => amount(b) - amount(a));
  }, [clusters.items, pools.items, pricesOf]);
  const from = [clusters, pools, accounts];
  return { rows, loading: from.some(({ state }) => state === 'loading'), error: from.find(({ error }) => error !== undefined)?.error };
}
