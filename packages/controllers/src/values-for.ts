import { SlipwayError } from '@slipway/kit';
import { type ClusterValues, clusterValues, invalidField, listOf, type ObjectStore, refuseIf } from '@slipway/model';
import { type Candidate, withCandidates } from './candidates.ts';
import type { ClusterResolver } from './cluster-resolver.ts';
import { type ClusterObject, getCluster } from './reads.ts';

export interface ValuesForInput {
  readonly project: string;
  readonly cluster: string;
  /** As in a plan: the values are those that there would be with these objects. */
  readonly candidates: readonly Candidate[];
  readonly layer?: string | undefined;
  readonly defaults?: boolean;
}

export interface ValuesForDeps {
  readonly tenant: string;
  readonly store: Pick<ObjectStore, 'get' | 'list'>;
  /** One that opens no secrets: what was never opened is in no answer, and nobody learns by a candidate's rules what a secret is. */
  readonly maskedResolver: ClusterResolver;
}

/** What the layers of a cluster are told, or would be. Reads, never writes. */
export async function valuesFor(deps: ValuesForDeps, input: ValuesForInput): Promise<ClusterValues> {
  const { project, cluster: name, candidates, layer, defaults } = input;
  const given = candidates.find(
    ({ object: { kind, metadata } }) => kind === 'Cluster' && metadata.namespace === project && metadata.name === name,
  );
  const cluster = (given?.object as ClusterObject | undefined) ?? (await getCluster(deps.store, project, name));
  if (cluster === undefined) throw new SlipwayError('NotFound', `clusters.slipway.dev "${name}" not found`);
  const store = withCandidates(deps.store, candidates);
  const { resolved, stack, packs, packProblems } = await deps.maskedResolver({ tenant: deps.tenant, store }, cluster);
  if (!resolved.ok) return refuseIf(`Cluster "${name}"`, resolved.causes) as never;
  const names = resolved.profile.layers.map((one) => one.name);
  if (layer !== undefined && !names.includes(layer))
    refuseIf(`Cluster "${name}"`, [invalidField('layer', `there is no layer "${layer}"; there are: ${listOf(names)}`)]);
  return clusterValues({
    cluster: name,
    spec: cluster.spec,
    input: { ...stack.input, packs },
    resolved: resolved.profile,
    packProblems,
    layer,
    defaults,
  });
}
