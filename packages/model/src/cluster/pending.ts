import { settingsOf } from './machine-settings.ts';
import { type Approval, approvalFor, type ApprovalState } from '../plan/approval.ts';
import type { Values } from '../meta/merge-values.ts';
import type { ClusterPlan } from '../plan/cluster-plan.ts';

/** A change that waits for its approval. */
export interface PendingApproval extends Approval {
  /** The version that machines have until then. */
  readonly kubernetesVersion: string;
  /** The settings that machines have until then. */
  readonly settings: Values;
  /** The version of the profile that both are of. */
  readonly profileVersion: string;
}

/**
 * What the change that a cluster's spec asks for needs and has not got. Judged against what was published last, whatever the reason of the change: another profile version, a
 * variable, an override, a macro. Until it is approved the cluster is kept as it was published.
 */
export function pendingApproval(input: {
  readonly published: ClusterPlan | undefined;
  /** Undefined where it cannot be said what the cluster would be made of. */
  readonly desired: ApprovalState | undefined;
  /** `spec.approvals` */
  readonly approvals: readonly string[];
}): PendingApproval | undefined {
  const { published, desired, approvals } = input;
  if (!published || !desired) return undefined;
  const approval = approvalFor(published.clusterUid, published, desired);
  return approval && !approvals.includes(approval.id)
    ? {
        ...approval,
        kubernetesVersion: published.kubernetesVersion,
        settings: settingsOf(published),
        profileVersion: published.profile.version,
      }
    : undefined;
}
