import { objectId, type ClusterPlan, type ObjectId, type PlanLayer, type Tombstone } from '@slipway/model';
import type { Inventory, InventoryStore } from '../layers/inventory.ts';
import { manifestObjects } from '../layers/manifests.ts';
import { objectKey } from '../layers/object-id.ts';
import type { Claimant } from './claims.ts';

export type LayerStone = Tombstone & { readonly type: 'layer' };

/** What a removal goes by. */
export interface RemovalScope {
  readonly layer: string;
  readonly record: Inventory | undefined;
  readonly by: Claimant;
  /** Keys of objects that were there before the layer took them over. */
  readonly adopted: ReadonlySet<string>;
  /** Whether some layer of the plan wants the object to exist. */
  readonly isWanted: (id: ObjectId) => boolean;
  /** A layer, of the plan or about to be removed, that lives in this namespace; undefined when there is none. */
  readonly userOf: (namespace: string) => string | undefined;
}

/** Objects of the plan's manifest layers, and what its chart layers are known to have made. One without a namespace counts as cluster-scoped and in its layer's namespace. */
async function wantedBy(plan: Pick<ClusterPlan, 'layers'>, inventory: InventoryStore, except: string): Promise<(id: ObjectId) => boolean> {
  const keys = new Set<string>();
  for (const layer of plan.layers) {
    if (layer.content.type === 'manifests') for (const id of manifestIds(layer)) both(keys, id, layer.namespace);
    // What a layer that is changing made before is in its inventory as well, and may be what is to go.
    if (layer.content.type === 'chart' && layer.name !== except)
      for (const id of (await inventory.load(layer.name))?.objects ?? []) keys.add(objectKey(id));
  }
  return (id) => keys.has(objectKey(id));
}

function both(keys: Set<string>, { namespace, ...id }: ObjectId, home: string): void {
  keys.add(objectKey(id));
  keys.add(objectKey({ ...id, namespace: namespace ?? home }));
}

const manifestIds = (layer: PlanLayer): ObjectId[] =>
  layer.content.type === 'manifests' ? manifestObjects(layer.name, layer.content.objects).map((object) => objectId({ ...object })) : [];

const livesIn = (layer: PlanLayer, namespace: string): boolean =>
  layer.content.type !== 'builtin' &&
  (layer.namespace === namespace ||
    manifestIds(layer).some((id) => id.namespace === namespace || (id.kind === 'Namespace' && id.name === namespace)));

const stoneLivesIn = (stone: LayerStone, namespace: string): boolean =>
  stone.namespace === namespace || stone.objects.some((id) => id.namespace === namespace);

/** Whether a layer of the plan has the object again, completely installed: until then it still counts as left behind, and as that layer's own. */
export async function ownedAgain(
  plan: Pick<ClusterPlan, 'layers'>,
  inventory: Pick<InventoryStore, 'load'>,
): Promise<(id: ObjectId) => boolean> {
  const records = await Promise.all(plan.layers.map((layer) => inventory.load(layer.name)));
  const keys = new Set(records.flatMap((record) => (record?.contentHash === undefined ? [] : record.objects.map(objectKey))));
  return (id) => keys.has(objectKey(id));
}

export interface ScopeInput {
  readonly stone: Tombstone & { readonly type: 'layer' | 'object' };
  readonly plan: ClusterPlan;
  readonly inventory: InventoryStore;
  /** Whether another tombstone is done. */
  readonly isDone: (id: string) => boolean;
}

export async function removalScope({ stone, plan, inventory, isDone }: ScopeInput): Promise<RemovalScope> {
  const record = await inventory.load(stone.layer);
  const others = plan.tombstones.filter(
    (other): other is LayerStone => other.type === 'layer' && other.id !== stone.id && !isDone(other.id),
  );
  return {
    layer: stone.layer,
    record,
    by: { layer: stone.layer, release: record?.release, made: new Set((record?.objects ?? []).map(objectKey)) },
    adopted: new Set(record?.adopted),
    isWanted: await wantedBy(plan, inventory, stone.layer),
    userOf: (namespace) =>
      plan.layers.find((layer) => livesIn(layer, namespace))?.name ?? others.find((other) => stoneLivesIn(other, namespace))?.layer,
  };
}

/**
 * Layers that have to be gone before this one: those that depended on it. Two that depended on each other (in different plans) go in the order of the plan.
 */
export function goesAfter(stone: LayerStone, stones: readonly LayerStone[]): string | undefined {
  const at = stones.indexOf(stone);
  const dependent = stones.find(
    (other, index) =>
      other.layer !== stone.layer &&
      (other.dependsOn ?? []).includes(stone.layer) &&
      !((stone.dependsOn ?? []).includes(other.layer) && at < index),
  );
  return dependent?.layer;
}
