import type { PlanFor } from '@slipway/api';
import { SlipwayError } from '@slipway/kit';
import type { Quotas } from '@slipway/store';

/** A plan of what quotas would refuse is refused as the writes would be, all of its objects counted together. */
export const withinQuotas =
  (quotas: Pick<Quotas, 'refusals'>, planFor: PlanFor): PlanFor =>
  async (input) => {
    const changes = input.candidates.map(({ object, old }) => ({
      kind: object.kind,
      project: object.metadata.namespace,
      before: old?.spec,
      spec: object.spec,
    }));
    const refusals = await quotas.refusals(input.tenant, changes);
    if (refusals.length === 0) return planFor(input);
    throw new SlipwayError('Forbidden', `What is planned for cluster "${input.cluster}" is forbidden: ${refusals.join('; ')}`, {
      retryable: false,
    });
  };
