import type { Layer, LayerFact, ProfileRef } from '@slipway/model';
import { effectiveOrder, laidOver, pathsOf } from '@slipway/model/browser-profiles';
import type { Cluster, Pack } from '../../hub/objects.ts';
import { type PlacedProfile, versionAt } from '../../hub/placed-profile.ts';
import { contentText, type PinnedPack, pinnedPack } from '../profiles/layer-facts.ts';

/** A layer of a cluster: what its profile says, what the cluster says of it, and what it wants otherwise. */
export interface StackRow {
  readonly name: string;
  readonly displayName: string | undefined;
  /** Undefined for one that is not in the profile any more, or whose profile nobody may see. */
  readonly layer: Layer | undefined;
  readonly ref: ProfileRef | undefined;
  /** `metrics-server 1.0.0` */
  readonly content: string | undefined;
  readonly pinned: PinnedPack | undefined;
  readonly fact: Pick<LayerFact, 'state' | 'version' | 'reason' | 'message' | 'since'> | undefined;
  /** What is installed now, when that is not what the profile says. */
  readonly installed: string | undefined;
  /** Values that the cluster says otherwise, by their paths. */
  readonly overridden: readonly string[];
}

/** The layers of a cluster in install order, then what is on its way out. */
export function stackRows(
  { spec, status, metadata }: Cluster,
  profiles: readonly PlacedProfile[],
  packs: readonly Pack[],
): readonly StackRow[] {
  const refs = [spec.profile, ...spec.addons];
  const placed = refs.flatMap((ref) => (versionAt(profiles, ref)?.layers ?? []).map((layer) => ({ ...layer, ref })));
  const facts = status?.layers ?? [];
  const rows = effectiveOrder(placed).map(({ ref, ...layer }): StackRow => ({
    name: layer.name,
    displayName: layer.displayName,
    layer,
    ref,
    content: contentText(layer),
    pinned: pinnedPack(layer, packs, metadata.namespace),
    fact: facts.find(({ name }) => name === layer.name),
    installed: otherThan(layer.chart?.version ?? layer.builtin?.version, facts.find(({ name }) => name === layer.name)?.version),
    overridden: overriddenPaths(spec, layer.name, ref.version),
  }));
  const known = new Set(rows.map(({ name }) => name));
  const others = facts.filter(({ name }) => !known.has(name));
  return [
    ...rows,
    ...others.map((fact): StackRow => ({
      name: fact.name,
      displayName: undefined,
      layer: undefined,
      ref: undefined,
      content: undefined,
      pinned: undefined,
      fact,
      installed: otherThan(undefined, fact.version),
      overridden: overriddenPaths(spec, fact.name, spec.profile.version),
    })),
  ];
}

/** Without what was given back to the profile when the cluster was moved. */
function overriddenPaths({ overrides }: Cluster['spec'], layer: string, version: string): readonly string[] {
  const override = Object.hasOwn(overrides, layer) ? overrides[layer] : undefined;
  return override === undefined ? [] : pathsOf(laidOver(override, version));
}

/** Of manifests a cluster says a digest, which nobody compares by eye. */
function otherThan(wanted: string | undefined, installed: string | undefined): string | undefined {
  if (installed === undefined || installed.startsWith('sha256:')) return undefined;
  return installed.replace(/^v/, '') === wanted?.replace(/^v/, '') ? undefined : installed;
}
