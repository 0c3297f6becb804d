import type { ResolvedContent, ResolvedLayer, ResolvedProfile } from '../cluster-profile/resolved.ts';

/** Who gives pods their addresses and carries their packets: the machines themselves, as their cloud makes them, or a pack that the agent installs. */
export type PodNetwork = 'machine' | 'pack';

const cniLayers = (profile: Pick<ResolvedProfile, 'layers'>): ResolvedLayer[] => profile.layers.filter((layer) => layer.type === 'cni');

/**
 * `pack` when the profile's layers of type cni are all charts or manifests. A builtin one, or none at all, leaves pods to the machines; a chart beside a builtin one adds
 * to that network (policies, say) and does not replace it.
 */
export function podNetworkOf(profile: Pick<ResolvedProfile, 'layers'>): PodNetwork {
  const layers = cniLayers(profile);
  return layers.length > 0 && layers.every((layer) => layer.content.type !== 'builtin') ? 'pack' : 'machine';
}

const nameOf = (layer: string, content: ResolvedContent): string => (content.type === 'manifests' ? `layer ${layer}` : content.name);

/** What makes the network, in words: `flannel`, `routed`. Its version is not part of it. */
function networkName(profile: Pick<ResolvedProfile, 'layers'>): string {
  const network = podNetworkOf(profile);
  const makers = cniLayers(profile).filter((layer) => network === 'pack' || layer.content.type === 'builtin');
  return makers.length === 0
    ? 'the machines'
    : makers
        .map((layer) => nameOf(layer.name, layer.content))
        .toSorted()
        .join(' and ');
}

/** Why a running cluster may not move from one profile's pod network to another's, or undefined when it may. */
export function refusePodNetworkMove(from: Pick<ResolvedProfile, 'layers'>, to: Pick<ResolvedProfile, 'layers'>): string | undefined {
  const [before, after] = [networkName(from), networkName(to)];
  if (podNetworkOf(from) === podNetworkOf(to) && before === after) return undefined;
  return (
    `the pod network of a running cluster cannot be changed in place, from ${before} to ${after}: every pod has an address of the old network, and nodes of ` +
    'the two could not reach each other; create another cluster with this profile and move the workloads'
  );
}
