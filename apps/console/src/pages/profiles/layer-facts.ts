import type { Layer, MovedVersion, PackVersion } from '@slipway/model';
import type { Cluster, Pack } from '../../hub/objects.ts';
import { type ProfilePlace, versionIn } from './profile-place.ts';

/** What the catalogue says of the version that a layer names. */
export interface PinnedPack {
  readonly pack: Pack;
  readonly version: PackVersion | undefined;
  /** A newer release than the layer's. */
  readonly newer: string | undefined;
  /** Its registry has other content under this version. */
  readonly moved: MovedVersion | undefined;
}

/** Undefined for a layer without a chart, and for one whose pack no registry lists. */
export function pinnedPack({ chart }: Layer, packs: readonly Pack[], project: string | undefined): PinnedPack | undefined {
  if (chart === undefined) return undefined;
  const pack = packs.find(
    ({ spec, metadata }) =>
      spec.registry === chart.registry &&
      spec.name === chart.name &&
      (chart.registryScope === 'project' ? metadata.namespace === project : metadata.namespace === undefined),
  );
  if (pack === undefined) return undefined;
  const { versions, latest } = pack.spec;
  // Newest first: what stands before the layer's version is newer than it.
  const at = versions.findIndex(({ version }) => version === chart.version);
  const newest = versions.findIndex(({ version }) => version === latest);
  return {
    pack,
    version: versions[at],
    newer: at > newest && newest >= 0 ? latest : undefined,
    moved: pack.status?.moved.find(({ version }) => version === chart.version),
  };
}

/** `metrics-server 1.0.0`: what a layer is made of. */
export function contentText({ chart, builtin, manifests }: Layer): string {
  const of = chart ?? builtin;
  if (of !== undefined) return `${of.name} ${of.version}`;
  const count = manifests?.length ?? 0;
  return count === 0 ? 'nothing yet' : `${count} ${count === 1 ? 'manifest' : 'manifests'}`;
}

/** A layer of one version in the clusters that are at it. */
export interface LayerUse {
  readonly cluster: Cluster;
  readonly state: string | undefined;
  readonly overridden: boolean;
}

export function layerUses(clusters: readonly Cluster[], place: ProfilePlace, version: string, layer: string): LayerUse[] {
  return clusters
    .filter((cluster) => versionIn(cluster, place) === version)
    .map((cluster) => ({
      cluster,
      state: cluster.status?.layers.find(({ name }) => name === layer)?.state,
      overridden: Object.hasOwn(cluster.spec.overrides, layer),
    }));
}

/** `3 Ready, 1 Failed`, the commonest first. */
export function statesText(uses: readonly LayerUse[]): string {
  const counts = new Map<string, number>();
  for (const { state = 'not there yet' } of uses) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
}
