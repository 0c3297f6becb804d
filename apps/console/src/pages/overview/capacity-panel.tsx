import { Panel, Skeleton } from '@slipway/ui';
import { useMemo } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, Pool } from '../../hub/objects.ts';
import { useObjects } from '../../state/use-live.ts';
import { usePrices } from '../../state/use-prices.ts';
import { Problem } from '../problem-pages.tsx';
import { type Capacity, capacity, fleetCost } from './fleet-facts.ts';

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const memory = (gib: number): string => (gib >= 10_240 ? `${number.format(gib / 1024)} TiB` : `${number.format(gib)} GiB`);

/** Machines, cores and memory as clusters and pools declare them. */
export function CapacityPanel({ clusters, project }: { readonly clusters: readonly Cluster[]; readonly project: string | undefined }) {
  const pools = useObjects<Pool>(KINDS.machinepools, project);
  const found = useMemo(() => capacity(clusters, pools.items), [clusters, pools.items]);
  const { pricesOf } = usePrices();
  const costs = useMemo(() => fleetCost(clusters, pools.items, pricesOf), [clusters, pools.items, pricesOf]);
  return (
    <Panel title="Capacity" aside={<span className="quiet small">as declared</span>}>
      {pools.state === 'failed' ? (
        <Problem error={pools.error} />
      ) : pools.state === 'loading' && pools.items.length === 0 ? (
        <Skeleton lines={4} />
      ) : (
        <>
          <dl className="capacity">
            <Figure what="Machines" value={number.format(found.all.machines)} />
            <Figure what="Cores" value={number.format(found.all.cores)} />
            <Figure what="Memory" value={memory(found.all.memoryGiB)} />
          </dl>
          <table className="capacity-table small">
            <caption className="visually-hidden">Capacity by role</caption>
            <thead>
              <tr>
                <th scope="col">Role</th>
                <th scope="col">Machines</th>
                <th scope="col">Cores</th>
                <th scope="col">Memory</th>
              </tr>
            </thead>
            <tbody>
              <Line role="Control planes" of={found.controlPlanes} />
              <Line role="Pools" of={found.workers} />
            </tbody>
          </table>
          {costs.map(({ currency, perMonth, clusters: priced }) => (
            <p key={currency} className="small">
              About{' '}
              <strong>
                {number.format(perMonth)} {currency}
              </strong>{' '}
              a month{priced < clusters.length && ` for ${number.format(priced)} clusters whose account has prices`}
              <span className="quiet">, by declared sizes</span>
            </p>
          ))}
          {found.all.unsized > 0 && (
            <p className="quiet small">
              {number.format(found.all.unsized)} {found.all.unsized === 1 ? 'machine says' : 'machines say'} no size and{' '}
              {found.all.unsized === 1 ? 'takes' : 'take'} what the host has: not counted in cores and memory.
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

const Figure = ({ what, value }: { readonly what: string; readonly value: string }) => (
  <div className="capacity-figure">
    <dt className="quiet small">{what}</dt>
    <dd>{value}</dd>
  </div>
);

const Line = ({ role, of }: { readonly role: string; readonly of: Capacity }) => (
  <tr>
    <th scope="row">{role}</th>
    <td>{number.format(of.machines)}</td>
    <td>{number.format(of.cores)}</td>
    <td>{memory(of.memoryGiB)}</td>
  </tr>
);
