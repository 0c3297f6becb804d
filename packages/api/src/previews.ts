import type { CandidateDeps } from './candidates.ts';
import { planSubresource, rolloutPlanSubresource } from './plan-subresource.ts';
import type { PlanFor, PlanRollout, Subresource, ValuesFor } from './ports.ts';
import { valuesSubresource } from './values-subresource.ts';

/** What answers "what would happen" without anything happening. What is not given is not served. */
export interface Previews {
  readonly planFor?: PlanFor;
  readonly planRollout?: PlanRollout;
  readonly valuesFor?: ValuesFor;
}

export const previewSubresources = ({ planFor, planRollout, valuesFor }: Previews, deps: CandidateDeps): Subresource[] => [
  ...(planFor === undefined ? [] : [planSubresource({ ...deps, planFor })]),
  ...(planRollout === undefined ? [] : [rolloutPlanSubresource({ ...deps, planRollout })]),
  ...(valuesFor === undefined ? [] : [valuesSubresource({ ...deps, valuesFor })]),
];
