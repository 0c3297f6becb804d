import type { CandidateDeps } from './candidates.ts';
import { planSubresource, rolloutPlanSubresource } from './plan-subresource.ts';
import { type ImpactDeps, impactSubresources } from './impact.ts';
import type { ImpactFor, PlanFor, PlanRollout, Subresource, ValuesFor } from './ports.ts';
import { valuesSubresource } from './values-subresource.ts';

/** What answers "what would happen" without anything happening. What is not given is not served. */
export interface Previews {
  readonly planFor?: PlanFor;
  readonly planRollout?: PlanRollout;
  readonly valuesFor?: ValuesFor;
  readonly impactFor?: ImpactFor;
}

export const previewSubresources = (
  { planFor, planRollout, valuesFor, impactFor }: Previews,
  deps: CandidateDeps & Omit<Parameters<typeof impactSubresources>[0], keyof ImpactDeps> & Omit<ImpactDeps, 'impactFor'>,
): Subresource[] => [
  ...(planFor === undefined ? [] : [planSubresource({ ...deps, planFor })]),
  ...(planRollout === undefined ? [] : [rolloutPlanSubresource({ ...deps, planRollout })]),
  ...(impactFor === undefined ? [] : impactSubresources({ ...deps, impactFor })),
  ...(valuesFor === undefined ? [] : [valuesSubresource({ ...deps, valuesFor })]),
];
