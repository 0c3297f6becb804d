import { canonicalJson, sha256Hex } from '@slipway/kit';
import type { ProfileRef } from '../cluster-profile/profile-ref.ts';
import type { ChangePlan } from '../plan/change-plan.ts';

/**
 * What the change of one cluster does that needs approval: `repave: Kubernetes v1.35.4 → v1.36.3`, `data-loss: layer db is removed`. A rollout's approval is for a set of
 * these and its target, so that one approval covers every cluster to which nothing else happens.
 */
export const disruptionsOf = (plan: ChangePlan): readonly string[] => plan.approval?.disruptions ?? [];

/** What `spec.approvals` of a rollout must hold for these disruptions; bound to the very version the clusters go to, which does not change. */
export const approvalId = (target: ProfileRef, disruptions: readonly string[]): string =>
  `rollout-${sha256Hex(canonicalJson([target, [...disruptions].toSorted()])).slice(0, 16)}`;
