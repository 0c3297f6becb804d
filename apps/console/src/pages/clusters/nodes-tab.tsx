import { Ago, Empty, Panel, Skeleton } from '@slipway/ui';
import { Server } from 'lucide-react';
import type { ReactNode } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, Machine, Pool } from '../../hub/objects.ts';
import { useObjects } from '../../state/use-live.ts';
import { Problem } from '../problem-pages.tsx';

export function NodesTab({ cluster }: { readonly cluster: Cluster }) {
  const { name, namespace } = cluster.metadata;
  const pools = useObjects<Pool>(KINDS.machinepools, namespace, `spec.cluster=${name}`);
  const machines = useObjects<Machine>(KINDS.machines, namespace, `spec.cluster=${name}`);
  const { controlPlane } = cluster.status ?? {};
  return (
    <div className="stack">
      <Panel title="Pools" flush>
        {pools.state === 'failed' && <Problem error={pools.error} />}
        <Table headings={['Pool', 'Ready', 'Wanted']} label="Pools">
          <tr>
            <td>control plane</td>
            <td>{controlPlane?.ready ?? 0}</td>
            <td>{cluster.spec.controlPlane.replicas}</td>
          </tr>
          {pools.items.map(({ metadata, spec, status }) => (
            <tr key={metadata.uid}>
              <td>{metadata.name}</td>
              <td>{status?.readyReplicas ?? 0}</td>
              <td>{spec.replicas}</td>
            </tr>
          ))}
        </Table>
      </Panel>
      <Panel title="Machines" flush>
        {machines.state === 'failed' && <Problem error={machines.error} />}
        {machines.state === 'loading' && machines.items.length === 0 && (
          <div className="panel-body">
            <Skeleton lines={3} />
          </div>
        )}
        {machines.state === 'ready' && machines.items.length === 0 && (
          <Empty icon={Server} title="No machines">
            <p>The gateway has reported none for this cluster.</p>
          </Empty>
        )}
        {machines.items.length > 0 && (
          <Table headings={['Machine', 'State', 'Pool', 'Version', 'Address', 'Age']} label="Machines">
            {machines.items.map(({ metadata, spec, status }) => (
              <tr key={metadata.uid}>
                <td>{metadata.name}</td>
                <td>{status?.phase ?? 'Pending'}</td>
                <td>{spec.pool}</td>
                <td>{spec.version ?? '–'}</td>
                <td className="mono">{status?.addresses[0] ?? '–'}</td>
                <td>
                  <Ago time={metadata.creationTimestamp} />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Panel>
    </div>
  );
}

function Table(props: { readonly headings: readonly string[]; readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={props.label}>
      <table className="table">
        <thead>
          <tr>
            {props.headings.map((heading) => (
              <th key={heading}>{heading}</th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}
