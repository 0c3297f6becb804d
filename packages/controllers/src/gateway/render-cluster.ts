import type { ClusterRenderInput } from '@slipway/clouds';
import { messageOf } from '@slipway/kit';
import { podNetworkOf, poolName, type GatewayCluster, type Problem, type ResolveResult } from '@slipway/model';
import type { Deps } from '../deps.ts';
import type { ClusterObject, PoolObject } from '../reads.ts';

export interface Renderable {
  readonly cluster: ClusterObject;
  readonly pools: readonly PoolObject[];
  readonly resolved: ResolveResult;
  /** Of the cloud account; undefined when the account is gone. */
  readonly cloud: string | undefined;
  /** The Kubernetes version to stay at while another one waits for its approval. */
  readonly keep?: string | undefined;
}

export type Rendered = { readonly ok: true; readonly entry: GatewayCluster } | { readonly ok: false; readonly problem: Problem };

/** One cluster's Cluster API objects, or why they cannot be made. Pure. */
export function renderCluster(input: Renderable, deps: Pick<Deps, 'clouds' | 'imageTags'>): Rendered {
  const { cluster, resolved, cloud } = input;
  if (!resolved.ok) return failed('ProfileInvalid', resolved.message);
  if (cloud === undefined) return failed('CloudAccountMissing', `The cloud account "${cluster.spec.cloudAccount}" does not exist.`);
  const renderer = Object.hasOwn(deps.clouds, cloud) ? deps.clouds[cloud] : undefined;
  if (!renderer) return failed('CloudUnknown', `This hub has no cloud "${cloud}".`);
  const kubernetesVersion = input.keep ?? resolved.profile.kubernetesVersion;
  const { replicas, size } = cluster.spec.controlPlane;
  try {
    const entry = renderer.render({
      clusterUid: cluster.metadata.uid,
      name: cluster.metadata.name,
      project: cluster.metadata.namespace ?? '',
      kubernetesVersion,
      controlPlane: { replicas, ...sizeOf(size) },
      pools: input.pools.map(renderPool).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      podNetwork: podNetworkOf(resolved.profile),
      imageTags: deps.imageTags(kubernetesVersion),
    });
    return { ok: true, entry };
  } catch (error) {
    return failed('RenderFailed', `The cloud ${cloud} cannot make this cluster: ${messageOf(error)}`);
  }
}

const failed = (reason: string, message: string): Rendered => ({ ok: false, problem: { reason, message } });

const sizeOf = (size: { cpu?: number | undefined; memoryMiB?: number | undefined }): { cpu?: number; memoryMiB?: number } => ({
  ...(size.cpu === undefined ? {} : { cpu: size.cpu }),
  ...(size.memoryMiB === undefined ? {} : { memoryMiB: size.memoryMiB }),
});

function renderPool(pool: PoolObject): ClusterRenderInput['pools'][number] {
  const { replicas, size, labels, taints } = pool.spec;
  return { name: poolName(pool), replicas, labels, taints, ...sizeOf(size) };
}
