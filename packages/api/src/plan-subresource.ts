import { SlipwayError } from '@slipway/kit';
import type { ApiObject } from '@slipway/model';
import { type CandidateDeps, candidateOf, candidatesOf, servedFor } from './candidates.ts';
import type { PlanFor, PlanRollout, Subresource } from './ports.ts';

/**
 * `POST …/clusters/<name>/plan` with `{"objects": […]}`: what would happen if these objects were applied. They are checked as a write would be; nothing is stored.
 * With `?manifests=true` it also says what becomes of each object that a chart makes. The cluster itself need not exist yet. Without objects: what is still to happen to the cluster as it is stored.
 */
export function planSubresource(deps: CandidateDeps & { readonly planFor: PlanFor }): Subresource {
  return {
    kind: 'Cluster',
    name: 'plan',
    verbs: ['create'],
    methods: ['POST'],
    objectMayBeMissing: true,
    handle: async (context) => {
      const candidates = await candidatesOf(deps, context);
      const project = context.project ?? '';
      const manifests = context.query.get('manifests') === 'true';
      return deps.planFor({ tenant: context.tenant, project, cluster: context.name, candidates, manifests });
    },
  };
}

/**
 * `POST …/rollouts/<name>/plan`: what a rollout would do to the fleet; the one that is stored, or the Rollout in the body, checked as a write would be. Nothing is stored.
 */
export function rolloutPlanSubresource(deps: CandidateDeps & { readonly planRollout: PlanRollout }): Subresource {
  return {
    kind: 'Rollout',
    name: 'plan',
    verbs: ['create'],
    methods: ['POST'],
    objectMayBeMissing: true,
    handle: async (context) => {
      const stored = await context.store.get({ tenant: context.tenant, kind: 'Rollout', name: context.name });
      const isGiven = typeof (context.body as { kind?: unknown } | undefined)?.kind === 'string';
      if (!isGiven && stored === undefined) throw new SlipwayError('NotFound', `rollouts.slipway.dev "${context.name}" not found`);
      if (!isGiven) return deps.planRollout(context.tenant, stored as ApiObject);
      const served = servedFor(deps, context.body);
      if (served.kind.kind !== 'Rollout') throw new SlipwayError('BadRequest', 'The body must be a Rollout, or nothing.');
      const { object } = await candidateOf({ deps, context, served, raw: context.body, before: [] });
      if (object.metadata.name !== context.name)
        throw new SlipwayError('BadRequest', `The Rollout in the body is "${object.metadata.name}", the address says "${context.name}".`);
      return deps.planRollout(context.tenant, object);
    },
  };
}
