import type { ClusterRenderInput } from '@slipway/clouds';
import { messageOf } from '@slipway/kit';
import {
  compact,
  type GatewayCluster,
  type LayerOverride,
  machineSettings,
  type PendingApproval,
  podNetworkOf,
  poolName,
  poolSettings,
  type Problem,
  type ResolvedProfile,
  type ResolveResult,
  settingsOf,
  type Values,
} from '@slipway/model';
import type { Deps } from '../deps.ts';
import type { ClusterObject, PoolObject } from '../reads.ts';

export interface Renderable {
  readonly cluster: ClusterObject;
  readonly pools: readonly PoolObject[];
  readonly resolved: ResolveResult;
  /** Of the cloud account; undefined when the account is gone. */
  readonly cloud: string | undefined;
  /** The Kubernetes version and settings to stay at while others wait for their approval. */
  readonly keep?: Pick<PendingApproval, 'kubernetesVersion' | 'settings' | 'profileVersion'> | undefined;
}

export type Rendered = { readonly ok: true; readonly entry: GatewayCluster } | { readonly ok: false; readonly problem: Problem };

/** One cluster's Cluster API objects, or why they cannot be made. Pure. */
export function renderCluster(input: Renderable, deps: Pick<Deps, 'clouds' | 'imageTags'>): Rendered {
  const { cluster, resolved, cloud } = input;
  if (!resolved.ok) return failed('ProfileInvalid', resolved.message);
  if (cloud === undefined) return failed('CloudAccountMissing', `The cloud account "${cluster.spec.cloudAccount}" does not exist.`);
  const renderer = Object.hasOwn(deps.clouds, cloud) ? deps.clouds[cloud] : undefined;
  if (!renderer) return failed('CloudUnknown', `This hub has no cloud "${cloud}".`);
  const kubernetesVersion = input.keep?.kubernetesVersion ?? resolved.profile.kubernetesVersion;
  const settings = input.keep?.settings ?? settingsOf(resolved.profile);
  const { replicas, size } = cluster.spec.controlPlane;
  const profileVersion = input.keep?.profileVersion ?? resolved.profile.version;
  try {
    const { kubelet, apiServer } = machineSettings(settings);
    const entry = renderer.render({
      clusterUid: cluster.metadata.uid,
      name: cluster.metadata.name,
      project: cluster.metadata.namespace ?? '',
      kubernetesVersion,
      controlPlane: compact({ replicas, ...sizeOf(size), kubelet, apiServerArgs: apiServer?.extraArgs }),
      pools: input.pools
        .map((pool) => renderPool(pool, settings, { ...resolved.profile, version: profileVersion }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
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

function renderPool(pool: PoolObject, settings: Values, profile: ResolvedProfile): ClusterRenderInput['pools'][number] {
  const { replicas, size, labels, taints } = pool.spec;
  const { kubelet } = machineSettings(poolSettings(settings, overrideOf(pool, profile), profile.version));
  return compact({ name: poolName(pool), replicas, labels, taints, ...sizeOf(size), kubelet });
}

/** What the pool wants otherwise than the layer that its machines are made of. */
export function overrideOf({ spec }: PoolObject, { layers }: Pick<ResolvedProfile, 'layers'>): LayerOverride | undefined {
  const name = layers.find(({ type }) => type === 'kubernetes')?.name;
  return name !== undefined && Object.hasOwn(spec.overrides, name) ? spec.overrides[name] : undefined;
}
