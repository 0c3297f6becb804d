import type { ObjectId } from '@slipway/model';
import type { KubeObject, NamedRef } from '@slipway/kube';

/** Field manager of everything the agent applies. */
export const FIELD_MANAGER = 'slipway';
/** Carried by every object of a manifest layer: what an object tombstone must find before it deletes. */
export const LAYER_LABEL = 'slipway.dev/layer';

/** Carried by namespaces that the agent made because a layer was to live there: they go with the last layer in them, when nobody else uses them. */
export const MADE_NAMESPACE_LABEL = 'slipway.dev/made-for-layers';

export const objectIdOf = (object: KubeObject): ObjectId => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
  name: object.metadata.name,
});

export const refOf = (id: ObjectId): NamedRef => ({ apiVersion: id.apiVersion, kind: id.kind, namespace: id.namespace, name: id.name });

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '');

/** The same object under another version of its group is the same object. */
export const objectKey = (id: Pick<ObjectId, 'apiVersion' | 'kind' | 'namespace' | 'name'>): string =>
  `${groupOf(id.apiVersion)}/${id.kind}/${id.namespace ?? ''}/${id.name}`;

/** `Deployment kube-system/metrics-server`, for sentences. */
export const nameOf = (id: ObjectId): string => `${id.kind} ${id.namespace === undefined ? '' : `${id.namespace}/`}${id.name}`;

/** `a` before `b`, so that lists in facts and inventories are stable. */
export const byKey = (a: ObjectId, b: ObjectId): number => (objectKey(a) < objectKey(b) ? -1 : 1);

/** Both lists as one, each object once; the later list's version of an object wins. */
export function unionOf(before: readonly ObjectId[], now: readonly ObjectId[]): ObjectId[] {
  const all = new Map<string, ObjectId>();
  for (const id of [...before, ...now]) all.set(objectKey(id), id);
  return [...all.values()].toSorted(byKey);
}

/** Jobs that are removed by the cluster when they are done: their absence is no drift, and making them anew would run them again and again. */
export const goesByItself = (object: KubeObject): boolean => object.kind === 'Job' && object['spec']?.ttlSecondsAfterFinished !== undefined;
