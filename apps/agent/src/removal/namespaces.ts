import type { KubeClient, KubeObject } from '@slipway/kube';
import type { ObjectId } from '@slipway/model';
import { inventoryHas } from '../layers/inventory.ts';
import { LAYER_LABEL, MADE_NAMESPACE_LABEL, objectKey, refOf } from '../layers/object-id.ts';
import { claimOn } from './claims.ts';
import type { KeptObject } from './kept-store.ts';
import { listed, namespaceContents } from './namespace-contents.ts';
import type { ObjectsOutcome } from './remove-objects.ts';
import type { RemovalScope } from './removal-scope.ts';

/** Kubernetes' own, whoever declares them. */
const PROTECTED: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);
/** So long what has an owner, and should go with it, is waited for before it counts as somebody's. */
const PATIENCE_MS = 60_000;

export interface NamespacesInput {
  readonly kube: KubeClient;
  readonly scope: RemovalScope;
  /** The agent's own. */
  readonly home: string;
  /** Where the layer lived, and what it made. */
  readonly namespace: string;
  readonly ids: readonly ObjectId[];
  /** Since when a namespace is waited for, by name; the caller keeps it between tries. */
  readonly since: Map<string, number>;
}

const idOf = (name: string): ObjectId => ({ apiVersion: 'v1', kind: 'Namespace', name });

/**
 * Removes the namespaces that the layer, or the agent for its layers, made: when nobody else lives there. A namespace takes everything in it along, so whatever is there and
 * is not known to go by itself keeps it.
 */
export async function removeNamespaces(input: NamespacesInput): Promise<ObjectsOutcome> {
  const declared = new Set(input.ids.filter((id) => id.kind === 'Namespace').map((id) => id.name));
  const lived = [input.namespace, ...input.ids.flatMap((id) => id.namespace ?? [])];
  const kept: KeptObject[] = [];
  const waiting: string[] = [];
  for (const name of [...new Set([...declared, ...lived])].toSorted()) {
    if (PROTECTED.has(name) || name === input.home) continue;
    const outcome = await removeNamespace(input, name, declared.has(name));
    if (outcome.type === 'stays') kept.push({ object: idOf(name), reason: outcome.reason });
    if (outcome.type === 'going') waiting.push(outcome.words);
  }
  return { kept, waiting };
}

type Outcome =
  | { readonly type: 'done' }
  | { readonly type: 'stays'; readonly reason: string }
  | { readonly type: 'going'; readonly words: string };
const DONE: Outcome = { type: 'done' };
const going = (words: string): Outcome => ({ type: 'going', words });
const stays = (reason: string): Outcome => ({ type: 'stays', reason });

async function removeNamespace(input: NamespacesInput, name: string, declared: boolean): Promise<Outcome> {
  const { kube, scope } = input;
  if (scope.isWanted(idOf(name))) return DONE;
  const live = await kube.get(refOf(idOf(name)));
  if (live === undefined) return DONE;
  if (live.metadata.deletionTimestamp !== undefined) return going(`Namespace ${name}`);
  const forLayers = live.metadata.labels?.[MADE_NAMESPACE_LABEL] !== undefined;
  const own =
    declared && (live.metadata.labels?.[LAYER_LABEL] === scope.layer || inventoryHas(scope.record, objectKey(idOf(name)), objectKey));
  if (!forLayers && !own) return DONE;
  if (!forLayers && scope.adopted.has(objectKey(idOf(name)))) return stays('was there before the layer');
  const claim = claimOn(live, scope.by);
  if (claim !== undefined) return stays(claim);
  if (scope.userOf(name) !== undefined) {
    // Its last layer takes it along.
    if (!forLayers) await kube.patch(refOf(idOf(name)), { metadata: { labels: { [MADE_NAMESPACE_LABEL]: '' } } });
    return DONE;
  }
  return removeIfEmpty(input, live);
}

async function removeIfEmpty({ kube, since }: NamespacesInput, live: KubeObject): Promise<Outcome> {
  const { name, uid } = live.metadata;
  const { foreign, going: leaving, unseen } = await namespaceContents(kube, name);
  if (unseen.length > 0) return stays(`may hold what cannot be listed: ${listed(unseen)}`);
  if (foreign.length > 0) return stays(`holds what the layer did not make: ${listed(foreign)}`);
  if (leaving.length > 0) {
    const began = since.get(name) ?? performance.now();
    since.set(name, began);
    if (performance.now() - began > PATIENCE_MS) return stays(`holds what does not go: ${listed(leaving)}`);
    return going(`Namespace ${name} (${listed(leaving)} still there)`);
  }
  await kube.delete(refOf(idOf(name)), { uid: uid! });
  return (await kube.get(refOf(idOf(name)))) === undefined ? DONE : going(`Namespace ${name}`);
}
