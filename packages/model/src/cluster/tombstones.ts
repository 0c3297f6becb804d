import { canonicalJson, sha256Hex } from '@slipway/kit';
import type { ResolvedLayer } from '../cluster-profile/resolved.ts';
import type { ClusterPlan, ObjectId, PlanLayer, Tombstone } from '../plan/cluster-plan.ts';
import type { LayerFact } from '../plan/facts.ts';
import { landedId, mayBeSame, objectId, objectKey } from '../plan/object-id.ts';

export interface TombstoneInput {
  readonly clusterUid: string;
  /** The plan published last for this very cluster; undefined when there was none. */
  readonly previous: ClusterPlan | undefined;
  /** What the cluster's spec asks for now, complete: a layer that only failed to be prepared is still in here. */
  readonly wanted: readonly ResolvedLayer[];
  /** What the agent says it made, for charts whose objects the hub does not know. */
  readonly inventory: readonly Pick<LayerFact, 'name' | 'objects'>[];
  /** Ids of tombstones the agent has reported done. */
  readonly done: ReadonlySet<string>;
  /** `spec.approvals` of the cluster. */
  readonly approvals: readonly string[];
}

export type TombstoneResult =
  | { readonly ok: true; readonly tombstones: readonly Tombstone[] }
  | { readonly ok: false; readonly reason: 'WouldRemoveEverything'; readonly message: string; readonly approval: string };

/**
 * What the agent may delete: the difference between the plan published last and what the spec asks for now, plus earlier tombstones it has not reported done. Nothing
 * is derived without a previous plan of the same cluster uid, so an empty, restored or re-created hub deletes nothing. Leaving a cluster without any installed layer is
 * refused unless approved. A tombstone never names what is wanted again.
 */
export function clusterTombstones(input: TombstoneInput): TombstoneResult {
  const { previous, wanted } = input;
  if (!previous || previous.clusterUid !== input.clusterUid) return { ok: true, tombstones: [] };
  const installed = previous.layers.filter(isInstalled);
  const fresh = installed.flatMap((layer) => removedFrom(layer, input));
  const gone = installed.filter((layer) => !wanted.some((next) => next.name === layer.name));
  const approval = `remove-${sha256Hex(canonicalJson([input.clusterUid, gone.map((layer) => layer.name)])).slice(0, 12)}`;
  const nothingLeft = installed.length > 0 && gone.length === installed.length && !wanted.some(isInstalled);
  if (nothingLeft && !input.approvals.includes(approval)) {
    return {
      ok: false,
      reason: 'WouldRemoveEverything',
      approval,
      message: `The change would remove every layer of the cluster (${gone.map((layer) => layer.name).join(', ')}), so it is held back. If that is wanted, add "${approval}" to spec.approvals; otherwise correct the profile.`,
    };
  }
  const carried = previous.tombstones.filter((tombstone) => !input.done.has(tombstone.id));
  return { ok: true, tombstones: [...carried, ...fresh].flatMap((tombstone) => stillWanted(tombstone, wanted)) };
}

const isInstalled = (layer: { readonly content: { readonly type: string } }): boolean => layer.content.type !== 'builtin';

/** Ids hold the revision that had the layer: removing, adding and removing again are two tombstones. */
const idOf = (input: TombstoneInput, ...parts: unknown[]): string =>
  sha256Hex(canonicalJson([input.clusterUid, input.previous?.revision, ...parts])).slice(0, 24);

function removedFrom(layer: PlanLayer, input: TombstoneInput): Tombstone[] {
  const next = input.wanted.find((candidate) => candidate.name === layer.name);
  const { content } = layer;
  if (content.type === 'chart') {
    const kept = next?.content.type === 'chart' && next.namespace === layer.namespace;
    return kept ? [] : [layerTombstone(layer, input)];
  }
  if (content.type !== 'manifests') return [];
  if (!next) return [layerTombstone(layer, input)];
  return content.objects
    .map((object) => objectId(object))
    .filter((id) => !isWanted(id, layer.namespace, input.wanted))
    .map((id) => landedId(id, layer.namespace))
    .map((object) => ({ type: 'object', id: idOf(input, 'object', layer.name, objectKey(object)), layer: layer.name, object }));
}

/** What others may use. Agents of today judge that themselves, by their inventory; older ones delete whatever is named to them. */
const OUTLIVES_RELEASE = new Set(['Namespace', 'CustomResourceDefinition']);

function layerTombstone(layer: PlanLayer, input: TombstoneInput): Tombstone {
  const { content, name, namespace } = layer;
  const manifestObjects = content.type === 'manifests' ? content.objects.map((object) => landedId(objectId(object), namespace)) : [];
  const made = content.type === 'chart' ? (input.inventory.find((fact) => fact.name === name)?.objects ?? []) : [];
  const release = content.type === 'chart' ? { release: content.release } : {};
  return {
    type: 'layer',
    id: idOf(input, 'layer', name, namespace, content.type),
    layer: name,
    ...release,
    namespace,
    objects: [...manifestObjects, ...made.filter((id) => !OUTLIVES_RELEASE.has(id.kind))],
    ...(layer.dependsOn.length === 0 ? {} : { dependsOn: [...layer.dependsOn] }),
  };
}

/** Takes out of a tombstone what some layer wants (again): moved to another layer, or put back before the deletion was done. */
function stillWanted(tombstone: Tombstone, wanted: readonly ResolvedLayer[]): Tombstone[] {
  if (tombstone.type === 'object') return isWanted(tombstone.object, tombstone.object.namespace ?? '', wanted) ? [] : [tombstone];
  if (tombstone.type !== 'layer') return [tombstone];
  const { release, ...rest } = tombstone;
  const releaseWanted =
    release !== undefined &&
    wanted.some((layer) => layer.content.type === 'chart' && layer.name === release && layer.namespace === tombstone.namespace);
  if (releaseWanted) return [];
  const objects = tombstone.objects.filter((id) => !isWanted(id, tombstone.namespace, wanted));
  if (release === undefined && objects.length === 0) return [];
  return [{ ...rest, ...(release === undefined ? {} : { release }), objects }];
}

function isWanted(id: ObjectId, namespace: string, wanted: readonly ResolvedLayer[]): boolean {
  return wanted.some(
    (layer) =>
      layer.content.type === 'manifests' &&
      layer.content.objects.some((object) => mayBeSame({ id, namespace }, { id: objectId(object), namespace: layer.namespace })),
  );
}
