import type { ClusterSpec, ClusterStatus } from '../cluster/cluster.ts';
import type { MaintenancePolicySpec } from '../maintenance-policy/maintenance-policy.ts';
import { windowState } from '../maintenance-policy/windows.ts';
import type { ApiObject } from '../meta/object.ts';
import { labelsMatch, parseLabelSelector } from '../meta/selectors.ts';
import type { Member } from './next-step.ts';
import { markOf } from './mark.ts';
import { progressOf, type CheckEvaluator } from './progress.ts';
import type { RolloutSpec, RolloutStatus } from './rollout.ts';
import { versionOf } from './target.ts';
import { divide } from './waves.ts';

type ClusterObject = ApiObject<ClusterSpec, ClusterStatus>;
type RolloutObject = ApiObject<RolloutSpec, RolloutStatus>;

/** Whether a rollout is about a cluster: chosen by its selector, and either uses the profile or gets it; whom it moved stays its own. */
export function selects(rollout: Pick<RolloutObject, 'spec'> & { metadata: { uid?: string } }): (cluster: ClusterObject) => boolean {
  const { selector, target, install } = rollout.spec;
  const labels = parseLabelSelector(selector.labels);
  const named = selector.clusters === undefined ? undefined : new Set(selector.clusters);
  return (cluster) => {
    if (rollout.metadata.uid !== undefined && markOf(cluster)?.uid === rollout.metadata.uid) return true;
    return (
      (named === undefined || named.has(`${cluster.metadata.namespace}/${cluster.metadata.name}`)) &&
      (selector.projects === undefined || selector.projects.includes(cluster.metadata.namespace ?? '')) &&
      (selector.template === undefined || cluster.spec.template?.name === selector.template) &&
      labelsMatch(labels, cluster.metadata.labels) &&
      (install || versionOf(cluster.spec, target) !== undefined)
    );
  };
}

export interface MembersInput {
  readonly rollout: RolloutObject;
  /** Those it selects. */
  readonly clusters: readonly ClusterObject[];
  readonly check: CheckEvaluator;
  /** Maintenance policies by name, for clusters that have one of their own. */
  readonly policies: ReadonlyMap<string, MaintenancePolicySpec>;
  /** RFC 3339. */
  readonly now: string;
}

/** The clusters of a rollout with their waves and how far each is, in an order that does not change. */
export function rolloutMembers({ rollout, clusters, check, policies, now }: MembersInput): Member[] {
  const { uid } = rollout.metadata;
  const ordered = clusters.toSorted((a, b) => (a.metadata.uid < b.metadata.uid ? -1 : 1));
  const moved = new Map(
    ordered.flatMap((cluster) => {
      const mark = markOf(cluster);
      return mark?.uid === uid ? [[cluster.metadata.uid, mark.wave] as const] : [];
    }),
  );
  const waves = divide({ uid, waves: rollout.spec.waves, clusters: ordered, moved });
  return ordered.map((cluster, index) => {
    const policy = cluster.spec.maintenancePolicy === undefined ? undefined : policies.get(cluster.spec.maintenancePolicy);
    return {
      cluster,
      wave: waves[index] ?? 0,
      progress: progressOf({ rollout, cluster, check, now }),
      window: policy && windowState(policy, now),
    };
  });
}
