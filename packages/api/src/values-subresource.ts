import { type CandidateDeps, candidatesOf } from './candidates.ts';
import type { Subresource, ValuesFor } from './ports.ts';

/**
 * `GET …/clusters/<name>/values`: what each layer of the cluster is told, with its references filled in, and where each value comes from. `POST` with `{"objects": […]}`: what it would be told if
 * these objects were applied; the cluster need not exist yet. Secrets are masked; `?layer=` asks for one layer, `?defaults=true` also shows what charts say themselves.
 */
export function valuesSubresource(deps: CandidateDeps & { readonly valuesFor: ValuesFor }): Subresource {
  return {
    kind: 'Cluster',
    name: 'values',
    verbs: ['create', 'get'],
    methods: ['GET', 'POST'],
    objectMayBeMissing: true,
    handle: async (context) => {
      const { tenant, project = '', name: cluster, query } = context;
      const candidates = context.method === 'POST' ? await candidatesOf(deps, context) : [];
      const layer = query.get('layer') ?? undefined;
      return deps.valuesFor({ tenant, project, cluster, candidates, layer, defaults: query.get('defaults') === 'true' });
    },
  };
}
