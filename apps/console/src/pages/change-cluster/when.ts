import type { ChangePlan } from '@slipway/model';
import { clusterCan } from '@slipway/model/browser';
import type { Cluster } from '../../hub/objects.ts';
import type { Change } from './change.ts';

/** When a change will run once it is saved, as sentences: what it waits for, one after the other. */
export function whenItRuns(change: Change, cluster: Cluster, plan: Pick<ChangePlan, 'approval'>): string[] {
  if (change.what === 'paused' && change.paused)
    return ['At once: from then on nothing is changed in the cluster, and what runs there goes on.'];
  const waits: string[] = [];
  if (cluster.spec.paused && change.what !== 'paused') waits.push('The cluster is paused: nothing is done before it is resumed.');
  if (plan.approval !== undefined && !cluster.spec.approvals.includes(plan.approval.id))
    waits.push('Nothing is done before somebody has approved it.');
  const reach = clusterCan.reach(cluster);
  if (!reach.yes) waits.push(`${reach.because} What is done inside it waits until it connects.`);
  if (waits.length === 0) waits.push('At once, when it is saved.');
  if (cluster.spec.maintenancePolicy !== undefined)
    waits.push(`Windows of ${cluster.spec.maintenancePolicy} hold for rollouts; what is changed here does not wait for them.`);
  return waits;
}
