import type { ResolveResult } from '../cluster-profile/resolved.ts';
import { settingsOf } from './machine-settings.ts';
import { type Approval, approvalFor } from '../plan/approval.ts';
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
  readonly resolved: ResolveResult;
  /** `spec.approvals` */
  readonly approvals: readonly string[];
}): PendingApproval | undefined {
  const { published, resolved, approvals } = input;
  if (!published || !resolved.ok) return undefined;
  const approval = approvalFor(published.clusterUid, published, resolved.profile);
  return approval && !approvals.includes(approval.id)
    ? {
        ...approval,
        kubernetesVersion: published.kubernetesVersion,
        settings: settingsOf(published),
        profileVersion: published.profile.version,
      }
    : undefined;
}
