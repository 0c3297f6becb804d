import { canonicalJson, SlipwayError } from '@slipway/kit';
import { type ApiObject, GROUP, type Kind, type ObjectMeta } from '@slipway/model';
import { invalid } from './kind-schema.ts';

/** What was only tried has no version: by that Flux, for one, tells what it would create. */
export function neverStored({ metadata: { resourceVersion: _none, ...metadata }, ...object }: ApiObject): ApiObject {
  return { ...object, metadata: metadata as ApiObject['metadata'] };
}

/** The metadata a user decides about; absent means empty, because an update replaces. */
export function pick(metadata: ObjectMeta): ObjectMeta {
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return { labels: labels ?? {}, annotations: annotations ?? {}, finalizers: finalizers ?? [], ownerReferences: ownerReferences ?? [] };
}

/** Metadata that is merged: what the merge left out must not come back from the configuration. */
export const OWNED = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

export const without = <T extends object>(value: T, keys: readonly string[]): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key))) as Partial<T>;

/** Equal in everything but owners and versions. */
export function sameParts(a: ApiObject, b: ApiObject): boolean {
  const parts = ({ metadata, spec, status }: ApiObject) => canonicalJson([pick(metadata), spec, status]);
  return parts(a) === parts(b);
}

export function ownMetadata(kind: Kind, project: string | undefined, metadata: ObjectMeta): ObjectMeta {
  const { namespace, ...rest } = metadata;
  if (kind.scope !== 'project') return rest;
  if (namespace !== undefined && namespace !== '' && namespace !== project) {
    throw new SlipwayError(
      'BadRequest',
      `the namespace of the provided object does not match the namespace sent on the request (${namespace} and ${project})`,
    );
  }
  return { ...rest, ...(project === undefined ? {} : { namespace: project }) };
}

export function sameIdentity(kind: Kind, old: ApiObject, given: ObjectMeta): void {
  if (given.uid !== undefined && given.uid !== '' && given.uid !== old.metadata.uid) {
    throw new SlipwayError(
      'Conflict',
      `${kind.kind} "${old.metadata.name}" is another object of the same name: its uid is ${old.metadata.uid}, not ${given.uid}.`,
    );
  }
  if (given.name !== undefined && given.name !== old.metadata.name) {
    throw invalid(kind, old.metadata.name, [
      { field: 'metadata.name', reason: 'FieldValueForbidden', message: 'Invalid value: field is immutable' },
    ]);
  }
}

export function checkVersion(kind: Kind, old: ApiObject, raw: unknown): void {
  const { resourceVersion = '' } = ((raw as ApiObject | undefined)?.metadata ?? {}) as ObjectMeta;
  if (resourceVersion === '' || resourceVersion === '0' || resourceVersion === old.metadata.resourceVersion) return;
  throw new SlipwayError(
    'Conflict',
    `Operation cannot be fulfilled on ${kind.plural}.${GROUP} "${old.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`,
  );
}

export function withVersion(raw: unknown, resourceVersion: string): unknown {
  const object = (raw ?? {}) as ApiObject;
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}
