import { backoff, messageOf, minutes, SlipwayError, type Clock, type Logger } from '@slipway/kit';
import type { KubeClient } from '@slipway/kube';
import type { ClusterPlan, ObjectId, Tombstone } from '@slipway/model';
import { createNotifier, inParallel } from '../parallel.ts';
import type { HelmRunner } from './installer.ts';
import { inventoryHas, type InventoryStore } from './inventory.ts';
import { manifestObjects } from './manifests.ts';
import { LAYER_LABEL, objectKey, refOf } from './object-id.ts';
import { applyPhases } from './order.ts';
import { readRelease } from './release.ts';

export interface TombstonesDeps {
  readonly kube: KubeClient;
  readonly helm: HelmRunner;
  readonly inventory: InventoryStore;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Stop guarding a layer whose objects are about to go. */
  readonly release: (layer: string) => void;
  readonly onChange: () => void;
}

export interface Removing {
  readonly layer: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339 */
  readonly since: string;
}

export interface Tombstones {
  /** Works on the tombstones of this plan until all are done; a newer plan's replace them. */
  execute(plan: ClusterPlan, signal: AbortSignal): Promise<void>;
  /** Ids that are done, of the plan in force. */
  done(): string[];
  /** Layers that are being removed, with what that waits for. */
  removing(): Removing[];
}

/** Keys of everything the plan wants to exist, whatever a tombstone in it says. Objects without a namespace count in the layer's namespace as well. */
export function wantedKeys(plan: Pick<ClusterPlan, 'layers'>): Set<string> {
  const keys = new Set<string>();
  for (const layer of plan.layers) {
    if (layer.content.type !== 'manifests') continue;
    for (const object of manifestObjects(layer.name, layer.content.objects)) {
      const { apiVersion, kind } = object;
      const { namespace, name } = object.metadata;
      keys.add(objectKey({ apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }));
      keys.add(objectKey({ apiVersion, kind, name, namespace: namespace ?? layer.namespace }));
    }
  }
  return keys;
}

/**
 * The only code of the agent that deletes. It deletes what a tombstone of the accepted plan names, if (1) the plan does not want it, (2) it carries the
 * layer's label or stands in the layer's inventory, and (3) it is not a namespace.
 */
export function createTombstones(deps: TombstonesDeps): Tombstones {
  const { kube, inventory } = deps;
  const notifier = createNotifier();
  let doneIds = new Set<string>();
  let removing = new Map<string, Removing>();

  /** True when the object is gone or must stay. */
  async function removeObject(layer: string, id: ObjectId, wanted: ReadonlySet<string>): Promise<boolean> {
    const key = objectKey(id);
    if (id.kind === 'Namespace' || wanted.has(key)) return true;
    const live = await kube.get(refOf(id)).catch((error: unknown) => {
      // The kind itself is gone, so are its objects.
      if (error instanceof SlipwayError && error.code === 'NotFound') return undefined;
      throw error;
    });
    if (live === undefined) return true;
    const ours = live.metadata.labels?.[LAYER_LABEL] === layer || inventoryHas(await inventory.load(layer), key, objectKey);
    if (!ours) {
      deps.logger.warn({ layer, object: key }, 'a tombstone names an object that this layer did not make: it stays');
      return true;
    }
    if (live.metadata.deletionTimestamp === undefined) await kube.delete(refOf(id), { uid: live.metadata.uid! });
    return (await kube.get(refOf(id))) === undefined;
  }

  async function removeObjects(layer: string, ids: readonly ObjectId[], wanted: ReadonlySet<string>): Promise<ObjectId[]> {
    const left: ObjectId[] = [];
    for (const group of applyPhases(ids).toReversed())
      await inParallel(group.toReversed(), 8, async (id) => {
        if (!(await removeObject(layer, id, wanted))) left.push(id);
      });
    return left;
  }

  async function removeLayer(stone: Tombstone & { type: 'layer' }, plan: ClusterPlan, signal: AbortSignal): Promise<string | undefined> {
    const kept = plan.layers.find((layer) => layer.name === stone.layer);
    const sameRelease = kept?.content.type === 'chart' && kept.content.release === stone.release && kept.namespace === stone.namespace;
    if (kept === undefined) deps.release(stone.layer);
    const record = await inventory.load(stone.layer);
    const owned = stone.release !== undefined && record?.release?.name === stone.release && record.release.namespace === stone.namespace;
    if (stone.release !== undefined && !sameRelease) {
      const there = await readRelease(kube, stone.namespace, stone.release);
      if (there !== undefined && owned) await deps.helm.uninstall({ release: stone.release, namespace: stone.namespace, signal });
      else if (there !== undefined)
        deps.logger.warn(
          { layer: stone.layer, release: stone.release },
          'a tombstone names a release that this layer did not make: it stays',
        );
    }
    // What a chart that goes on being wanted made is helm's to remove.
    if (sameRelease) return undefined;
    const left = await removeObjects(stone.layer, stone.objects, wantedKeys(plan));
    if (left.length > 0)
      return `Waits for ${left.length} objects to go: ${left
        .slice(0, 3)
        .map((id) => `${id.kind} ${id.name}`)
        .join(', ')}.`;
    // The inventory is what proves the layer's release its own: it goes with it.
    if (kept === undefined && (record?.release === undefined || owned)) await inventory.remove(stone.layer);
    return undefined;
  }

  async function removeOne(stone: Tombstone & { type: 'object' }, plan: ClusterPlan): Promise<string | undefined> {
    const left = await removeObjects(stone.layer, [stone.object], wantedKeys(plan));
    if (left.length > 0) return `Waits for ${stone.object.kind} ${stone.object.name} to go.`;
    return undefined;
  }

  /** What it waits for, or undefined when it is done. */
  async function removeStone(stone: Tombstone, plan: ClusterPlan, signal: AbortSignal): Promise<string | undefined> {
    switch (stone.type) {
      case 'layer':
        return removeLayer(stone, plan, signal);
      case 'object':
        return removeOne(stone, plan);
      case 'cluster':
      case 'infrastructure':
        // Meant for a gateway's provisioner; in a cluster's plan there is nothing it could mean.
        return undefined;
    }
  }

  async function attempt(stone: Tombstone, plan: ClusterPlan, signal: AbortSignal): Promise<boolean> {
    const note = (reason: string, message: string) => {
      if (stone.type !== 'layer' || plan.layers.some((layer) => layer.name === stone.layer)) return;
      const before = removing.get(stone.id);
      if (before?.message === message) return;
      removing.set(stone.id, { layer: stone.layer, reason, message, since: before?.since ?? new Date(deps.clock.now()).toISOString() });
      deps.onChange();
    };
    try {
      note('Removing', removing.get(stone.id)?.message ?? 'Removing what the layer made.');
      const waitsFor = await removeStone(stone, plan, signal);
      if (waitsFor !== undefined) {
        note('Removing', waitsFor);
        return false;
      }
      doneIds.add(stone.id);
      removing.delete(stone.id);
      deps.onChange();
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      deps.logger.warn({ tombstone: stone.id, error: messageOf(error) }, 'a removal failed and is tried again');
      note('RemovalFailed', messageOf(error));
      return false;
    }
  }

  return {
    async execute(plan, signal) {
      const ids = new Set(plan.tombstones.map((stone) => stone.id));
      doneIds = new Set([...doneIds].filter((id) => ids.has(id)));
      removing = new Map([...removing].filter(([id]) => ids.has(id)));
      for (let round = 0; !signal.aborted; round++) {
        for (const stone of plan.tombstones) if (!signal.aborted && !doneIds.has(stone.id)) await attempt(stone, plan, signal);
        if (doneIds.size >= ids.size) break;
        await notifier.next(signal, backoff(round, { baseMs: 300, maxMs: minutes(1) }));
      }
    },
    done: () => [...doneIds],
    removing: () => [...removing.values()],
  };
}
