import { deletionWords } from '@slipway/model/browser';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, Machine, Pool } from '../../hub/objects.ts';
import { useObjects } from '../../state/use-live.ts';

/** What goes with a cluster that is deleted, by name, and what stays. */
export function WhatGoes({ cluster, pools }: { readonly cluster: Cluster; readonly pools: readonly Pool[] }) {
  const { name, namespace } = cluster.metadata;
  const machines = useObjects<Machine>(KINDS.machines, namespace, `spec.cluster=${name}`);
  const { goes, stays } = deletionWords({ cluster, pools, machines: machines.items });
  return (
    <>
      <List title="Goes" items={goes} />
      <List title="Stays" items={stays} />
    </>
  );
}

function List({ title, items }: { readonly title: string; readonly items: readonly string[] }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ul className="bullets">
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </section>
  );
}
