import { SlipwayError, waitFor } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import { ignores, type PlanIgnore } from '@slipway/model';
import { compareDrift } from '../drift/diff.ts';
import { withoutField } from '../drift/field-set.ts';
import { inParallel } from '../parallel.ts';
import { FIELD_MANAGER, LAYER_LABEL, MADE_NAMESPACE_LABEL, nameOf, objectIdOf, objectKey } from './object-id.ts';
import { applyPhases } from './order.ts';
import { readiness } from './readiness.ts';

/** Applies at a time: enough to keep an API server of two cores busy. */
const CONCURRENCY = 16;
const DEFINITION_TIMEOUT_MS = 30_000;

/** The objects of a manifest layer as they are applied: `List`s flattened, labelled with the layer, without what only a server sets. Throws `Invalid`. */
export function manifestObjects(layer: string, raw: readonly Record<string, unknown>[]): KubeObject[] {
  return raw.flatMap((item, index) => {
    if (typeof item['kind'] === 'string' && item['kind'].endsWith('List') && Array.isArray(item['items']))
      return manifestObjects(layer, item['items'] as Record<string, unknown>[]);
    const object = item as unknown as KubeObject;
    if (!object.apiVersion || !object.kind || !object.metadata?.name)
      throw new SlipwayError('Invalid', `Object ${index} of layer "${layer}" has no apiVersion, kind or metadata.name.`);
    const { status: _status, ...rest } = object;
    return [{ ...rest, metadata: { ...object.metadata, labels: { ...object.metadata.labels, [LAYER_LABEL]: layer } } } as KubeObject];
  });
}

/** Objects with the namespace they land in: the layer's for namespaced kinds that name none, none for cluster-scoped kinds. */
export async function placed(kube: KubeClient, objects: readonly KubeObject[], namespace: string): Promise<KubeObject[]> {
  return Promise.all(
    objects.map(async (object) => {
      const { namespaced } = await kube.resource(object);
      const { namespace: named, ...metadata } = object.metadata;
      return { ...object, metadata: namespaced ? { ...metadata, namespace: named ?? namespace } : metadata };
    }),
  );
}

/**
 * Makes the namespaces that are not there. Never changes and never deletes one. Those in `seen` are not asked for again, and it gets those that are there:
 * who passes it clears it when an apply fails, because a namespace may have been deleted since.
 */
export async function ensureNamespaces(kube: KubeClient, names: Iterable<string>, seen = new Set<string>()): Promise<void> {
  for (const name of new Set(names)) {
    if (seen.has(name)) continue;
    const there = await kube.get({ apiVersion: 'v1', kind: 'Namespace', name });
    if (there !== undefined) {
      seen.add(name);
      continue;
    }
    await kube
      .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [MADE_NAMESPACE_LABEL]: '' } } })
      .catch((error: unknown) => {
        if (!(error instanceof SlipwayError) || error.code !== 'AlreadyExists') throw error;
      });
  }
}

/**
 * Applies one object so that it is as wanted, except for fields that an autoscaler or another controller owns: a first try without force costs one
 * request and tells whether anyone else holds a field.
 */
export async function applyObject(kube: KubeClient, object: KubeObject, ignored: readonly PlanIgnore[] = []): Promise<KubeObject> {
  try {
    return await kube.apply(object, { fieldManager: FIELD_MANAGER });
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'Conflict') throw error;
  }
  const id = objectIdOf(object);
  const live = await kube.get({ ...id, namespace: id.namespace });
  if (live === undefined) return kube.apply(object, { fieldManager: FIELD_MANAGER, force: true });
  const dryRun = await kube.apply(object, { fieldManager: FIELD_MANAGER, force: true, dryRun: true });
  const { yielded } = compareDrift(dryRun, live, FIELD_MANAGER, (path) => ignored.some((rule) => ignores(rule, id, path)));
  const rest = yielded.reduce((wanted, path) => withoutField(wanted, path), object);
  return kube.apply(rest, { fieldManager: FIELD_MANAGER, force: true });
}

/** Whether an apply took over an object that somebody else had made, by the server's answer to it. */
export function tookOver({ metadata }: KubeObject): boolean {
  const entries = (metadata.managedFields ?? []).filter(({ subresource }) => subresource === undefined || subresource === '');
  const ours = entries.find(({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply');
  if (ours === undefined) return false;
  return entries.length > 1 || (metadata.creationTimestamp ?? '') < (ours.time ?? '');
}

export interface AppliedManifests {
  readonly wanted: readonly KubeObject[];
  /** The server's answers by object key. */
  readonly answers: ReadonlyMap<string, KubeObject>;
}

export interface ApplyManifestsInput {
  readonly kube: KubeClient;
  readonly objects: readonly KubeObject[];
  readonly namespace: string;
  /** Called before a phase is applied, with what it will make: for the inventory. */
  readonly before: (objects: readonly KubeObject[]) => Promise<void>;
  /** Objects that are applied already just as they are: the drift guard holds them. */
  readonly isApplied?: (object: KubeObject) => boolean;
  readonly onApplied?: (object: KubeObject, answer: KubeObject) => void;
  /** See `ensureNamespaces`. */
  readonly namespaces?: Set<string>;
  /** Differences that the cluster leaves as they are. */
  readonly ignored?: readonly PlanIgnore[] | undefined;
  readonly signal: AbortSignal;
}

/** Applies a layer's objects phase by phase, each phase in parallel. The error names the object it is about. */
export async function applyManifests(input: ApplyManifestsInput): Promise<AppliedManifests> {
  const { kube, signal } = input;
  const wanted: KubeObject[] = [];
  const answers = new Map<string, KubeObject>();
  for (const phase of applyPhases(input.objects)) {
    signal.throwIfAborted();
    const objects = await placed(kube, phase, input.namespace);
    const fresh = objects.filter((object) => input.isApplied?.(object) !== true);
    const namespaces = fresh.flatMap((object) => object.metadata.namespace ?? []);
    await Promise.all([input.before(objects), ensureNamespaces(kube, namespaces, input.namespaces)]);
    await inParallel(fresh, CONCURRENCY, async (object) => {
      if (signal.aborted) return;
      const answer = await applyObject(kube, object, input.ignored).catch((error: unknown) => {
        if (!(error instanceof SlipwayError)) throw error;
        throw new SlipwayError(error.code, `${nameOf(objectIdOf(object))}: ${error.message}`, { cause: error, retryable: error.retryable });
      });
      answers.set(objectKey(objectIdOf(object)), answer);
      input.onApplied?.(object, answer);
    });
    signal.throwIfAborted();
    wanted.push(...objects);
    if (phase[0]?.kind === 'CustomResourceDefinition') await definitionsReady(kube, fresh, signal);
  }
  return { wanted, answers };
}

async function definitionsReady(kube: KubeClient, objects: readonly KubeObject[], signal: AbortSignal): Promise<void> {
  for (const object of objects) {
    const name = object.metadata.name;
    await waitFor(
      async () => {
        const live = await kube.get({ ...objectIdOf(object), namespace: undefined });
        return live !== undefined && readiness(live).ready;
      },
      { what: `CustomResourceDefinition ${name} to be established`, timeoutMs: DEFINITION_TIMEOUT_MS, intervalMs: 100, signal },
    );
  }
  kube.resetDiscovery();
  // Established means accepted, not yet served: discovery follows a moment later.
  for (const object of objects) {
    const version = (object['spec']?.versions as { name: string; served: boolean }[] | undefined)?.find(
      (candidate) => candidate.served,
    )?.name;
    if (version === undefined) continue;
    const kind = { apiVersion: `${object['spec'].group}/${version}`, kind: object['spec'].names.kind as string };
    await waitFor(() => kube.resource(kind), {
      what: `kind ${kind.kind} to be served`,
      timeoutMs: DEFINITION_TIMEOUT_MS,
      intervalMs: 100,
      signal,
    });
  }
}
