import type { ClusterPlan, GatewayPlan } from '@slipway/model';
import type { LinkSubject } from './ports.ts';
import type { PlanRefusal, VerifiedPlan } from './plan-signing.ts';

/** The plan an agent enforces now. */
export interface CurrentPlan {
  readonly revision: number;
  readonly hash: string;
}

export type PlanDecision<P extends ClusterPlan | GatewayPlan = ClusterPlan | GatewayPlan> =
  | { readonly accepted: true; readonly unchanged: boolean; readonly plan: P }
  | { readonly accepted: false; readonly reason: PlanRefusal; readonly message: string };

/**
 * Whether an agent may act on a verified plan. Pure. Refused: a plan for another uid or kind (a re-created cluster of the same name), an older
 * revision (a restored hub), and the same revision with other content (two hubs with one key).
 */
export function acceptPlan(
  current: CurrentPlan | undefined,
  verified: VerifiedPlan,
  subject: Pick<LinkSubject, 'kind' | 'uid'>,
): PlanDecision {
  if (!verified.ok) return { accepted: false, reason: verified.reason, message: verified.message };
  const { plan, signed } = verified;
  const uid = plan.kind === 'ClusterPlan' ? plan.clusterUid : plan.gatewayUid;
  const kind = plan.kind === 'ClusterPlan' ? 'cluster' : 'gateway';
  if (uid !== subject.uid || kind !== subject.kind) {
    return refuse(
      'PlanForAnotherCluster',
      `it is for the ${kind} with uid ${uid}; this agent belongs to the ${subject.kind} with uid ${subject.uid}`,
    );
  }
  if (current === undefined) return { accepted: true, unchanged: false, plan };
  if (plan.revision < current.revision) {
    return refuse('PlanOlder', `it is revision ${plan.revision}, but revision ${current.revision} is in force already`);
  }
  if (plan.revision === current.revision && signed.hash !== current.hash) {
    return refuse('PlanConflict', `it is revision ${plan.revision} again with other content`);
  }
  return { accepted: true, unchanged: plan.revision === current.revision, plan };
}

const refuse = (reason: PlanRefusal, why: string): PlanDecision => ({ accepted: false, reason, message: `The plan was refused: ${why}.` });
