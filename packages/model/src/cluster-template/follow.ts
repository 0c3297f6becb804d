import type { ProfileRef } from '../cluster-profile/profile-ref.ts';
import { sameProfile } from '../cluster-profile/profile-text.ts';
import type { ClusterSpec } from '../cluster/cluster.ts';
import type { ApiObject } from '../meta/object.ts';
import { decidedSince, type RolloutMark } from '../rollout/mark.ts';
import type { RolloutSpec, RolloutStatus } from '../rollout/rollout.ts';
import { versionOf } from '../rollout/target.ts';
import type { ClusterTemplateSpec } from './cluster-template.ts';

/** On rollouts: the template that made them. */
export const TEMPLATE_LABEL = 'slipway.dev/cluster-template';

type Wanted = Pick<ClusterTemplateSpec, 'profile' | 'addons'>;
type Stack = Pick<ClusterSpec, 'profile' | 'addons'>;
type Follower = Pick<ApiObject, 'metadata'> & { readonly spec: Stack };
type RolloutObject = ApiObject<RolloutSpec, RolloutStatus>;

/** Whether a cluster is what its template says: the profile, and each add-on of the template in its version. Add-ons of its own do not count. */
export const isCurrent = (cluster: Stack, template: Wanted): boolean =>
  [template.profile, ...template.addons].every((ref) => versionOf(cluster, ref) === ref.version);

/** Profiles of the template that at least one of the clusters lacks or has in another version, the profile first: each goes over the fleet as a rollout of its own. */
export const outdated = (clusters: readonly Stack[], template: Wanted): ProfileRef[] =>
  [template.profile, ...template.addons].filter((ref) => clusters.some((cluster) => versionOf(cluster, ref) !== ref.version));

export interface NextRolloutInput {
  readonly template: { readonly spec: Wanted };
  readonly clusters: readonly Follower[];
  /** Those the template made before. */
  readonly rollouts: readonly RolloutObject[];
  readonly markOf: (cluster: Follower) => RolloutMark | undefined;
}

/**
 * The rollout that a template needs next; undefined when every cluster is as it says, or was tried: whoever failed, was refused or stands still after an abort is not tried
 * again by itself, a cluster that was attached since is, and so is one that waited for decisions about its overrides and was changed since. `round` tells rollouts to the same version apart.
 */
export function nextRollout({
  template,
  clusters,
  rollouts,
  markOf,
}: NextRolloutInput): { readonly target: ProfileRef; readonly round: number } | undefined {
  for (const target of outdated(
    clusters.map(({ spec }) => spec),
    template.spec,
  )) {
    const before = rollouts.filter(({ spec }) => sameProfile(spec.target, target) && spec.target.version === target.version);
    // A person ended it: going on regardless would take the decision back.
    if (before.some(({ status }) => status?.phase === 'Aborted' || status?.phase === 'RolledBack')) return undefined;
    const tried = new Set(before.map(({ metadata }) => metadata.uid));
    const isNew = (cluster: Follower): boolean => {
      const mark = markOf(cluster);
      return versionOf(cluster.spec, target) !== target.version && (!mark || !tried.has(mark.uid) || decidedSince(mark, cluster));
    };
    if (clusters.some(isNew)) return { target, round: before.length };
  }
  return undefined;
}
