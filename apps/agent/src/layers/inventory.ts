import { z } from 'zod';
import type { KubeClient } from '@slipway/kube';
import { objectIdSchema, type ObjectId } from '@slipway/model';
import { FIELD_MANAGER, objectKey } from './object-id.ts';

const LABEL = 'slipway.dev/inventory';

const inventorySchema = z.object({
  /** Of this record. One that a newer agent wrote is not read by halves: what cannot be understood is not removed by it. */
  schema: z.literal(1).default(1),
  layer: z.string(),
  /** sha256 over what was installed; undefined while the first installation is not finished. */
  contentHash: z.string().optional(),
  version: z.string().optional(),
  /** For charts: the helm release this layer owns. */
  release: z.object({ name: z.string(), namespace: z.string() }).optional(),
  /** Everything this layer ever made and no tombstone has removed. */
  objects: z.array(objectIdSchema),
  /** Keys of objects among them that were there before: the layer keeps them as it wants them, but it did not make them. */
  adopted: z.array(z.string()).optional(),
  /** Keys of objects that were about to be applied for the first time: whether they were there before is found out when that is done. */
  pending: z.array(z.string()).optional(),
});
export type Inventory = Omit<z.infer<typeof inventorySchema>, 'schema'>;

export interface InventoryStore {
  load(layer: string): Promise<Inventory | undefined>;
  /** Another layer whose inventory has the object; undefined when there is none. */
  otherOwner(layer: string, key: string): Promise<string | undefined>;
  save(inventory: Inventory): Promise<void>;
  remove(layer: string): Promise<void>;
}

/** One ConfigMap per layer in the agent's namespace: what a restarted agent, and a tombstone, go by. */
export function createInventoryStore(kube: KubeClient, namespace: string): InventoryStore {
  const ref = (layer: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `slipway-layer-${layer}` });
  // This agent is the only writer: what it wrote last is what is there.
  const cache = new Map<string, Inventory>();
  return {
    async load(layer) {
      const known = cache.get(layer);
      if (known !== undefined) return known;
      const object = await kube.get(ref(layer));
      const text = object?.['data']?.inventory as string | undefined;
      if (text === undefined) return undefined;
      const inventory = inventorySchema.parse(JSON.parse(text));
      cache.set(layer, inventory);
      return inventory;
    },
    async otherOwner(layer, key) {
      const maps = await kube.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace, labelSelector: LABEL });
      return maps
        .map((map) => inventorySchema.safeParse(JSON.parse(String(map['data']?.inventory ?? 'null'))).data)
        .find((other) => other !== undefined && other.layer !== layer && inventoryHas(other, key, objectKey))?.layer;
    },
    async save(inventory) {
      cache.delete(inventory.layer);
      const { name, ...kind } = ref(inventory.layer);
      await kube.apply(
        {
          apiVersion: kind.apiVersion,
          kind: kind.kind,
          metadata: {
            name,
            namespace,
            labels: { [LABEL]: inventory.layer },
          },
          data: { inventory: JSON.stringify({ schema: 1, ...inventory }) },
        },
        { fieldManager: FIELD_MANAGER, force: true },
      );
      cache.set(inventory.layer, inventory);
    },
    remove(layer) {
      cache.delete(layer);
      return kube.delete(ref(layer));
    },
  };
}

/** Whether this layer's inventory names the object. */
export const inventoryHas = (inventory: Inventory | undefined, key: string, keyOf: (id: ObjectId) => string): boolean =>
  inventory?.objects.some((id) => keyOf(id) === key) ?? false;
