import { SlipwayError } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import { groupOf, type ObjectId } from '@slipway/model';
import { inventoryHas } from '../layers/inventory.ts';
import { LAYER_LABEL, nameOf, objectIdOf, objectKey, refOf } from '../layers/object-id.ts';
import { applyPhases } from '../layers/order.ts';
import { inParallel } from '../parallel.ts';
import { claimOn } from './claims.ts';
import { definitionClaim } from './definitions.ts';
import type { KeptObject } from './kept-store.ts';
import type { RemovalScope } from './removal-scope.ts';

const CONCURRENCY = 8;

export const absentKind = (error: unknown): undefined => {
  // The kind itself is gone, so are its objects.
  if (error instanceof SlipwayError && error.code === 'NotFound') return undefined;
  throw error;
};

/** Why an object that is there must stay, or undefined when it may go. Namespaces are judged by what is in them (`namespaces.ts`). */
export async function reasonToStay(kube: KubeClient, live: KubeObject, scope: RemovalScope): Promise<string | undefined> {
  if (scope.adopted.has(objectKey(objectIdOf(live)))) return 'was there before the layer';
  const claim = claimOn(live, scope.by);
  if (claim !== undefined || live.kind !== 'CustomResourceDefinition') return claim;
  return definitionClaim(kube, live, scope.by.made);
}

/** Built in as far as order goes: everything else may have a controller that must see it go. */
const isCustom = ({ apiVersion, kind }: ObjectId): boolean => {
  const group = groupOf(apiVersion);
  return group.includes('.') && !group.endsWith('.k8s.io') && kind !== 'CustomResourceDefinition';
};

/**
 * In which order a layer's objects go, each group after the one before is gone: first what refuses or redirects requests, then custom resources (while what acts on them
 * still runs), then workloads, what these used, and definitions.
 */
export function removalPhases(ids: readonly ObjectId[]): ObjectId[][] {
  const [custom, rest] = [ids.filter(isCustom), ids.filter((id) => !isCustom(id) && id.kind !== 'Namespace')];
  const groups = applyPhases(rest).toReversed();
  const guards = groups.filter((group) => group.some(({ kind }) => GUARDS.has(kind)));
  const others = groups.filter((group) => !guards.includes(group));
  return [...guards, custom, ...others].filter((group) => group.length > 0);
}
const GUARDS: ReadonlySet<string> = new Set(['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration', 'APIService']);

export interface ObjectsOutcome {
  readonly kept: KeptObject[];
  /** What a later try has to look at again: "ConfigMap apps/a", with the finalizers that hold it. */
  readonly waiting: string[];
}

/** Deletes what may go, group by group, and says what stays and what is still going. */
export async function removeObjects(kube: KubeClient, ids: readonly ObjectId[], scope: RemovalScope): Promise<ObjectsOutcome> {
  const kept: KeptObject[] = [];
  const waiting: string[] = [];
  for (const group of removalPhases(ids)) {
    await inParallel(group, CONCURRENCY, async (id) => {
      const outcome = await removeObject(kube, id, scope);
      if (outcome === 'gone') return;
      if (outcome.type === 'stays') kept.push({ object: id, reason: outcome.reason });
      else waiting.push(outcome.words);
    });
    if (waiting.length > 0) break;
  }
  return { kept, waiting: waiting.toSorted() };
}

type ObjectOutcome = 'gone' | { readonly type: 'stays'; readonly reason: string } | { readonly type: 'going'; readonly words: string };

async function removeObject(kube: KubeClient, id: ObjectId, scope: RemovalScope): Promise<ObjectOutcome> {
  if (scope.isWanted(id)) return 'gone';
  const live = await kube.get(refOf(id)).catch(absentKind);
  if (live === undefined || !isOurs(live, id, scope)) return 'gone';
  if (live.metadata.deletionTimestamp === undefined) {
    const reason = await reasonToStay(kube, live, scope);
    if (reason !== undefined) return { type: 'stays', reason };
    await kube.delete(refOf(id), { uid: live.metadata.uid! });
  }
  const after = await kube.get(refOf(id)).catch(absentKind);
  // Another object of that name is not what was to go.
  if (after === undefined || after.metadata.uid !== live.metadata.uid) return 'gone';
  const holds = after.metadata.finalizers ?? [];
  return { type: 'going', words: `${nameOf(id)}${holds.length === 0 ? '' : ` (held by ${holds.join(', ')})`}` };
}

/** The layer's label or its inventory says so; a plan alone does not make an object the layer's. */
const isOurs = (live: KubeObject, id: ObjectId, { layer, record }: RemovalScope): boolean =>
  live.metadata.labels?.[LAYER_LABEL] === layer || inventoryHas(record, objectKey(id), objectKey);
