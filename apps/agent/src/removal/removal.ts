import type { Clock, Logger } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import type { ClusterPlan, ObjectId, Tombstone } from '@slipway/model';
import type { HelmRunner } from '../layers/installer.ts';
import type { InventoryStore } from '../layers/inventory.ts';
import { objectIdOf, objectKey, refOf, unionOf } from '../layers/object-id.ts';
import { hookObjects, readRelease, releaseObjects, type ReleaseRecord } from '../layers/release.ts';
import { claimsLeftBy } from './claim-templates.ts';
import type { KeptObject, KeptStore } from './kept-store.ts';
import { removeNamespaces } from './namespaces.ts';
import { keepInRelease } from './release-keepers.ts';
import { absentKind, reasonToStay, removeObjects, type ObjectsOutcome } from './remove-objects.ts';
import { removalScope, type LayerStone, type RemovalScope } from './removal-scope.ts';

export interface RemovalDeps {
  readonly kube: KubeClient;
  readonly helm: Pick<HelmRunner, 'uninstall'>;
  readonly inventory: InventoryStore;
  readonly kept: KeptStore;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The agent's own namespace. */
  readonly home: string;
  /** Stop guarding a layer whose objects are about to go. */
  readonly release: (layer: string) => void;
}

export interface RemovalContext {
  readonly plan: ClusterPlan;
  readonly isDone: (stone: string) => boolean;
  readonly signal: AbortSignal;
}

/** Carries out tombstones, each try as far as it gets. Tries may be broken off anywhere and repeated, by another agent as well. */
export interface Removal {
  /** What it waits for, a sentence; undefined when it is done. */
  remove(stone: Tombstone, context: RemovalContext): Promise<string | undefined>;
}

/** Namespaces that are waited for, by tombstone. */
type Patience = Map<string, Map<string, number>>;

export function createRemoval(deps: RemovalDeps): Removal {
  const { kube, inventory, kept } = deps;
  const patience: Patience = new Map();

  async function removeLayer(stone: LayerStone, context: RemovalContext): Promise<string | undefined> {
    const goesOn = context.plan.layers.find((layer) => layer.name === stone.layer);
    const content = goesOn?.content;
    // What a chart that goes on being wanted made is helm's to remove.
    if (content?.type === 'chart' && content.release === stone.release && goesOn?.namespace === stone.namespace) return undefined;
    if (goesOn === undefined) deps.release(stone.layer);
    const release = await ownRelease(stone);
    if (release !== undefined) await noteRelease(stone.layer, release);
    const scope = await removalScope({ stone, plan: context.plan, inventory, isDone: context.isDone });
    const ids = goesOn === undefined ? unionOf(stone.objects, scope.record?.objects ?? []) : stone.objects;
    const stays: KeptObject[] = await claimsLeftBy(kube, await setsOf(ids, scope));
    await kept.add(stone.layer, stays, now());
    if (release !== undefined) await uninstall(release, scope, context.signal);
    const outcome = await removeAll(stone, ids, scope);
    if (outcome.waiting.length > 0) return waitsFor(outcome.waiting);
    await kept.add(stone.layer, outcome.kept, now());
    if (goesOn === undefined && !(await stillReleased(scope))) await inventory.remove(stone.layer);
    return undefined;
  }

  /** The inventory is what proves the layer's release its own: it goes with it, not before. */
  async function stillReleased({ record }: RemovalScope): Promise<boolean> {
    return record?.release !== undefined && (await readRelease(kube, record.release.namespace, record.release.name)) !== undefined;
  }

  async function removeAll(stone: LayerStone, ids: readonly ObjectId[], scope: RemovalScope): Promise<ObjectsOutcome> {
    const objects = await removeObjects(kube, await withoutLeft(ids, scope), scope);
    if (objects.waiting.length > 0) return objects;
    const since = patience.get(stone.id) ?? new Map<string, number>();
    patience.set(stone.id, since);
    const namespaces = await removeNamespaces({ kube, scope, home: deps.home, namespace: stone.namespace, ids, since });
    return { kept: [...objects.kept, ...namespaces.kept], waiting: namespaces.waiting };
  }

  /** Without its inventory a layer cannot tell what was there before it; but what it once decided to leave is written down. */
  async function withoutLeft(ids: readonly ObjectId[], scope: RemovalScope): Promise<ObjectId[]> {
    if (scope.record !== undefined) return [...ids];
    const left = await Promise.all(ids.map((id) => kept.has(scope.layer, objectKey(id))));
    return ids.filter((_, index) => left[index] !== true);
  }

  async function setsOf(ids: readonly ObjectId[], scope: RemovalScope): Promise<KubeObject[]> {
    const sets = ids.filter((id) => id.kind === 'StatefulSet' && !scope.isWanted(id));
    const live = await Promise.all(sets.map((id) => kube.get(refOf(id)).catch(absentKind)));
    return live.filter((set) => set !== undefined);
  }

  /** The release the tombstone names, if it is there and this layer's. */
  async function ownRelease({ release, namespace, layer }: LayerStone): Promise<ReleaseRecord | undefined> {
    const there = release === undefined ? undefined : await readRelease(kube, namespace, release);
    if (there === undefined) return undefined;
    const owned = (await inventory.load(layer))?.release;
    if (owned?.name === release && owned?.namespace === namespace) return there;
    deps.logger.warn({ layer, release }, 'a tombstone names a release that this layer did not make: it stays');
    return undefined;
  }

  /** What an install that failed half-way made is in helm's record only, which is the first to go: so it is written down before. */
  async function noteRelease(layer: string, release: ReleaseRecord): Promise<void> {
    const record = await inventory.load(layer);
    if (record === undefined) return;
    const made = (await releaseObjects(kube, release, layer)).map(objectIdOf);
    const objects = unionOf(record.objects, unionOf(await hookObjects(kube, release), made));
    if (objects.length > record.objects.length) await inventory.save({ ...record, objects });
  }

  async function uninstall(there: ReleaseRecord, scope: RemovalScope, signal: AbortSignal): Promise<void> {
    const keep = await keptOf(there, scope);
    const { name: release, namespace } = there;
    await keepInRelease(
      kube,
      there,
      (id) => keep.has(objectKey(id)) || keep.has(objectKey({ ...id, namespace: id.namespace ?? namespace })),
    );
    await deps.helm.uninstall({ release, namespace, signal });
  }

  /** What helm must not delete of a release: what others have taken over or put their own objects into. Namespaces are the agent's to judge. */
  async function keptOf(release: ReleaseRecord, scope: RemovalScope): Promise<Set<string>> {
    const keep = new Set<string>();
    for (const object of await releaseObjects(kube, release, scope.layer)) {
      const id = objectIdOf(object);
      const live = id.kind === 'Namespace' ? undefined : await kube.get(refOf(id)).catch(absentKind);
      const reason = live === undefined ? undefined : await reasonToStay(kube, live, scope);
      if (id.kind === 'Namespace' || scope.isWanted(id) || reason !== undefined) keep.add(objectKey(id));
    }
    return keep;
  }

  async function removeOne(stone: Tombstone & { type: 'object' }, context: RemovalContext): Promise<string | undefined> {
    const scope = await removalScope({ stone, plan: context.plan, inventory, isDone: context.isDone });
    const { object } = stone;
    const outcome =
      object.kind === 'Namespace' ? await removeDeclared(object, scope, stone.id) : await removeObjects(kube, [object], scope);
    if (outcome.waiting.length > 0) return waitsFor(outcome.waiting);
    await kept.add(stone.layer, outcome.kept, now());
    return undefined;
  }

  function removeDeclared(object: ObjectId, scope: RemovalScope, id: string): Promise<ObjectsOutcome> {
    const since = patience.get(id) ?? new Map<string, number>();
    patience.set(id, since);
    return removeNamespaces({ kube, scope, home: deps.home, namespace: object.name, ids: [object], since });
  }

  const now = (): string => new Date(deps.clock.now()).toISOString();

  return {
    async remove(stone, context) {
      switch (stone.type) {
        case 'layer':
          return removeLayer(stone, context);
        case 'object':
          return removeOne(stone, context);
        case 'cluster':
        case 'infrastructure':
          // Meant for a gateway's provisioner; in a cluster's plan there is nothing it could mean.
          return undefined;
      }
    },
  };
}

const waitsFor = (names: readonly string[]): string =>
  `Waits for ${names.length === 1 ? '' : `${names.length} objects to go: `}${names.slice(0, 3).join(', ')}${names.length === 1 ? ' to go' : ''}.`;
