import type { CostEstimate } from '../cost/estimate.ts';
import type { OverrideMerge } from '../overrides/merge-stack.ts';
import type { Approval } from './approval.ts';

/** How much a change disturbs, mildest first. */
export type Impact = 'none' | 'restart' | 'rolling' | 'repave' | 'data-loss';

/** One thing that will happen, in words a person can judge. */
export interface PlannedAction {
  readonly verb: 'create' | 'change' | 'replace' | 'scale' | 'upgrade' | 'remove' | 'delete';
  /** What it happens to: `layer metrics-server`, `pool workers`, `control plane`, `cluster dev`. */
  readonly target: string;
  readonly summary: string;
  readonly impact: Impact;
  /** Why that impact: "Kubernetes 1.35.4 → 1.36.3 replaces every machine, one at a time." */
  readonly reason: string;
  /** Field-level differences, secrets masked. */
  readonly diff: readonly { readonly path: string; readonly from?: unknown; readonly to?: unknown }[];
  /** What becomes of the objects of a chart, when the plan was asked for with rendered manifests. */
  readonly objects?: readonly ObjectChange[];
  /** Why the manifests could not be rendered, in helm's words. */
  readonly notRendered?: string;
}

/** What a chart's new content or values do to one object that it makes. */
export interface ObjectChange {
  /** `apps/v1/Deployment/web/api` */
  readonly object: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** Field-level differences, secrets masked; empty for what is added or removed whole. */
  readonly diff: PlannedAction['diff'];
}

/** The pure answer to "what will happen": shown by `slipway plan`, returned by the hub's dry run, executed by the cluster controller. */
export interface ChangePlan {
  /** sha256 of the actions. */
  readonly id: string;
  readonly actions: readonly PlannedAction[];
  readonly impact: Impact;
  readonly summary: string;
  /** Absent when nothing is repaved and nothing is lost. */
  readonly approval?: Approval;
  /** What becomes of the cluster's overrides when the profile's version changes, conflicts that are to be decided among it; absent when none is carried over. */
  readonly overrides?: readonly OverrideMerge[];
  /** What the cluster's machines are expected to cost by the prices of its cloud account, as it is and as it would be; absent where an account has no prices. */
  readonly cost?: PlannedCost;
}

export interface PlannedCost {
  readonly before?: CostEstimate;
  readonly after?: CostEstimate;
}
