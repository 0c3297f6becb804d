import { findCondition } from '../meta/conditions.ts';
import type { ApiObject } from '../meta/object.ts';
import type { ClusterSpec, ClusterStatus } from './cluster.ts';

/** Yes, or why not, as a sentence for the person who wants it. */
export type Can = { readonly yes: true } | { readonly yes: false; readonly because: string };

type ClusterObject = ApiObject<ClusterSpec, ClusterStatus>;

const yes: Can = { yes: true };
const no = (because: string): Can => ({ yes: false, because });

/** Whether a cluster's agent can be asked for something now: logs, kubectl, a terminal. */
const isConnected = (status: ClusterStatus | undefined): boolean => findCondition(status?.conditions, 'AgentConnected')?.status === 'True';

/** What may be done with a cluster in its present state. */
export const clusterCan = {
  /** Ask it something through the tunnel: kubectl, logs, a terminal. */
  reach: ({ metadata, status }: ClusterObject): Can =>
    isConnected(status)
      ? yes
      : no(`Cluster "${metadata.name}" is not connected${status?.agent?.lastSeen ? ` since ${status.agent.lastSeen}` : ' yet'}.`),
  change: ({ metadata }: ClusterObject): Can => (metadata.deletionTimestamp ? no(`Cluster "${metadata.name}" is being deleted.`) : yes),
  upgrade: (cluster: ClusterObject): Can => {
    const change = clusterCan.change(cluster);
    if (!change.yes) return change;
    if (cluster.spec.paused) return no(`Cluster "${cluster.metadata.name}" is paused; set spec.paused to false first.`);
    return cluster.status?.phase === 'Provisioning' || cluster.status?.phase === 'Pending'
      ? no(`Cluster "${cluster.metadata.name}" is still being made.`)
      : yes;
  },
};
