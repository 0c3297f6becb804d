import { minutes } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';

/** Put on every Node by Cluster API once it knows whose it is. */
const MACHINE_ANNOTATION = 'cluster.x-k8s.io/machine';
const CLUSTER_ANNOTATION = 'cluster.x-k8s.io/cluster-name';
/** How long a kubelet has to be silent. */
const SILENT_MS = minutes(1);

/**
 * Nodes left behind by machines that are gone. Cluster API removes a Node after its machine, but only as far as it knew it: with the API server away at that
 * moment a Node that it had not met yet stays, and the cluster looks degraded for ever. A Node is an orphan only when it says itself that it is a machine
 * of this cluster, there is no such Machine, and nothing has been heard of it for a minute; nodes that somebody joined by hand say no such thing.
 *
 * @param nodes every Node of the cluster
 * @param machines every Machine of it: the whole picture, or running nodes would be taken for orphans
 */
export function orphanedNodes(
  cluster: string,
  nodes: readonly KubeObject[],
  machines: readonly KubeObject[],
  now: number,
): readonly KubeObject[] {
  const known = new Set<string>(
    machines.flatMap(({ metadata, spec, status }) => [metadata.name, spec?.providerID ?? [], status?.nodeRef?.name ?? []].flat()),
  );
  return nodes.filter((node) => {
    const { name, annotations = {} } = node.metadata;
    const providerID: string | undefined = node['spec']?.providerID;
    const machine = annotations[CLUSTER_ANNOTATION] === cluster ? annotations[MACHINE_ANNOTATION] : localMachine(providerID);
    if (machine === undefined || known.has(machine) || known.has(name) || (providerID !== undefined && known.has(providerID))) return false;
    const ready = ((node['status']?.conditions ?? []) as { type: string; status: string; lastTransitionTime?: string }[]).find(
      ({ type }) => type === 'Ready',
    );
    return ready?.status === 'Unknown' && now - Date.parse(ready.lastTransitionTime ?? '') > SILENT_MS;
  });
}

/** `local:///<machine>`: the local cloud names machines so that no two of any time are called alike. */
const localMachine = (providerID: string | undefined): string | undefined => /^local:\/\/\/(.+)$/.exec(providerID ?? '')?.[1];
