import { canonicalJson, sha256Hex } from '@slipway/kit';
import type { ProfileRef } from '../cluster-profile/profile-ref.ts';
import type { ChangePlan, Impact } from '../plan/change-plan.ts';

/** Impacts that nobody should be surprised by: they wait for an approval. */
const NEEDS_APPROVAL: readonly Impact[] = ['repave', 'data-loss'];

/** Whether a plan may only be carried out with its id among the approvals. */
export const needsApproval = (plan: Pick<ChangePlan, 'impact'>): boolean => NEEDS_APPROVAL.includes(plan.impact);

/**
 * What a plan does that needs approval, without what differs from cluster to cluster: `repave: control plane`, `repave: pools`, `data-loss: layer storage`. A rollout's
 * approval is for a set of these and its target, so that one approval covers every cluster to which nothing else happens.
 */
export function disruptionsOf(plan: ChangePlan): string[] {
  const words = plan.actions
    .filter(({ impact }) => NEEDS_APPROVAL.includes(impact))
    .map(({ impact, target }) => `${impact}: ${target.startsWith('pool ') ? 'pools' : target}`);
  return [...new Set(words)].toSorted();
}

/** What `spec.approvals` of a rollout must hold for these disruptions; bound to the very version the clusters go to, which does not change. */
export const approvalId = (target: ProfileRef, disruptions: readonly string[]): string =>
  `rollout-${sha256Hex(canonicalJson([target, [...disruptions].toSorted()])).slice(0, 16)}`;
