import { type ClusterPlan, packKey, type PendingApproval, pendingApproval, type ResolveResult, settingsOf } from '@slipway/model';
import type { ClusterResolution, ClusterResolver, ResolvePlace } from './cluster-resolver.ts';
import type { Deps } from './deps.ts';
import type { ClusterObject } from './reads.ts';

type Resolution = Pick<ClusterResolution, 'resolved' | 'packProblems'>;

/**
 * What the change of a cluster waits for; undefined when nothing does. The one judgement of it, of all that the cluster is made of: without its packs a set of manifests would
 * look like a chart, and be asked about as if it were replaced.
 */
export function pendingChange(
  { spec }: Pick<ClusterObject, 'spec'>,
  { resolved, packProblems }: Resolution,
  published: ClusterPlan | undefined,
): PendingApproval | undefined {
  if (!resolved.ok || published === undefined) return undefined;
  const layers = resolved.profile.layers.map((layer) => {
    const isUnread = layer.content.type === 'chart' && packProblems.has(packKey(layer.content));
    // It keeps what it has.
    return (isUnread ? published.layers.find(({ name }) => name === layer.name) : undefined) ?? layer;
  });
  return pendingApproval({
    published,
    desired: { kubernetesVersion: resolved.profile.kubernetesVersion, layers },
    approvals: spec.approvals,
  });
}

/** What a cluster's machines keep while a change waits for its approval. Of the many that change nothing of theirs, neither packs nor the published plan are read. */
export async function keptUntilApproved(
  deps: Pick<Deps, 'plans'> & { readonly resolveCluster: ClusterResolver },
  place: ResolvePlace,
  cluster: ClusterObject,
  resolved: ResolveResult,
): Promise<PendingApproval | undefined> {
  const { metadata, status } = cluster;
  if (!resolved.ok) return undefined;
  const isAsSeen = status?.kubernetesVersion === resolved.profile.kubernetesVersion && status.observedGeneration === metadata.generation;
  if (isAsSeen && Object.keys(settingsOf(resolved.profile)).length === 0) return undefined;
  const published = await deps.plans.latestCluster(metadata.uid);
  if (published === undefined) return undefined;
  return pendingChange(cluster, await deps.resolveCluster(place, cluster), published.plan);
}
