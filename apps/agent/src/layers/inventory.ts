import { z } from 'zod';
import type { KubeClient } from '@slipway/kube';
import { objectIdSchema, type ObjectId } from '@slipway/model';
import { FIELD_MANAGER } from './object-id.ts';

const inventorySchema = z.object({
  layer: z.string(),
  /** sha256 over what was installed; undefined while the first installation is not finished. */
  contentHash: z.string().optional(),
  version: z.string().optional(),
  /** For charts: the helm release this layer owns. */
  release: z.object({ name: z.string(), namespace: z.string() }).optional(),
  /** Everything this layer ever made and no tombstone has removed. */
  objects: z.array(objectIdSchema),
});
export type Inventory = z.infer<typeof inventorySchema>;

export interface InventoryStore {
  load(layer: string): Promise<Inventory | undefined>;
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
            labels: { 'slipway.dev/inventory': inventory.layer },
          },
          data: { inventory: JSON.stringify(inventory) },
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
