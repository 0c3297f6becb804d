import type { ClusterFacts, ClusterPlan } from '@slipway/model';

/** A plan for a cluster that has nothing in it but what `more` says. */
export const emptyClusterPlan = (clusterUid: string, more: Partial<ClusterPlan> = {}): Omit<ClusterPlan, 'revision'> => ({
  kind: 'ClusterPlan',
  clusterUid,
  cluster: 'dev',
  project: 'default',
  profile: { name: 'starter', version: '1.0.0' },
  kubernetesVersion: 'v1.35.4',
  layers: [],
  tombstones: [],
  ...more,
});

/** What the agent of such a cluster says. */
export const emptyClusterFacts = (clusterUid: string, more: Partial<ClusterFacts> = {}): ClusterFacts => ({
  kind: 'ClusterFacts',
  clusterUid,
  agentVersion: '1.2.3',
  planRevision: 1,
  planHash: 'h',
  layers: [],
  drift: [],
  health: { healthy: true, conditions: [] },
  nodes: [],
  kubernetesVersion: 'v1.35.4',
  tombstonesDone: [],
  ...more,
});
