import type { KubeObject } from '@slipway/kube';
import type { Inventory, InventoryStore } from './inventory.ts';
import { tookOver } from './manifests.ts';
import { objectIdOf, objectKey } from './object-id.ts';

export interface AdoptionDeps {
  readonly inventory: Pick<InventoryStore, 'otherOwner'>;
  readonly leftBefore: (layer: string, key: string) => Promise<boolean>;
  readonly layer: string;
  /** The inventory before this change. */
  readonly before: Inventory | undefined;
}

/** Which objects of a layer somebody else had made: the layer holds them as it wants them, but its removal leaves them. */
export interface Adoption {
  applied(answer: KubeObject): void;
  /** Keys for the inventory, those of earlier changes among them. */
  keys(): Promise<string[]>;
}

export function createAdoption({ inventory, leftBefore, layer, before }: AdoptionDeps): Adoption {
  const pending = new Set(before?.pending);
  const known = new Set(before?.objects.map(objectKey).filter((key) => !pending.has(key)));
  const found = new Set(before?.adopted);
  const candidates = new Set<string>();
  return {
    applied(answer) {
      const key = objectKey(objectIdOf(answer));
      // What is in the inventory is the layer's already, or was looked at before.
      if (!known.has(key) && tookOver(answer)) candidates.add(key);
    },
    async keys() {
      for (const key of candidates)
        if (!(await leftBefore(layer, key)) && (await inventory.otherOwner(layer, key)) === undefined) found.add(key);
      return [...found].toSorted();
    },
  };
}
