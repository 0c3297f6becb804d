import { canonicalJson, SlipwayError } from '@slipway/kit';
import { API_VERSION, type ApiObject, kindNamed, type NewObject, type ObjectMeta, withDefaults } from '@slipway/model';

/** The parts of metadata that have no column of their own. */
type StoredMeta = Pick<ObjectMeta, 'annotations' | 'finalizers' | 'ownerReferences' | 'managedFields' | 'generateName'>;

/** One row of `objects`, as read. PostgreSQL gives bigints as text, PGlite as numbers. */
export interface ObjectRow {
  readonly tenant: string;
  readonly kind: string;
  readonly project: string;
  readonly name: string;
  readonly uid: string;
  readonly resource_version: string | number;
  readonly generation: string | number;
  readonly created_at: string;
  readonly deletion_timestamp: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: StoredMeta;
  readonly spec: unknown;
  readonly status: unknown;
  /** Whose quota it counts to. */
  readonly created_by: string | null;
}

export interface RowKey {
  readonly tenant: string;
  readonly kind: string;
  readonly project: string;
  readonly name: string;
}

/** The spec as today's schema has it: a row of an earlier Slipway does not have the fields that came later. */
function specOf({ kind, spec }: Pick<ObjectRow, 'kind' | 'spec'>): unknown {
  const known = kindNamed(kind);
  return known === undefined ? spec : withDefaults(known, spec);
}

/** The object of a row; `resourceVersion` overrides the row's (events of deletions). */
export function objectOf(row: ObjectRow, resourceVersion: string | number = row.resource_version): ApiObject {
  const { annotations, finalizers, ownerReferences, managedFields, generateName } = row.metadata;
  return {
    apiVersion: API_VERSION,
    kind: row.kind,
    metadata: {
      name: row.name,
      ...(generateName === undefined ? {} : { generateName }),
      ...(row.project === '' ? {} : { namespace: row.project }),
      uid: row.uid,
      resourceVersion: String(resourceVersion),
      generation: Number(row.generation),
      creationTimestamp: row.created_at,
      ...(row.deletion_timestamp === null ? {} : { deletionTimestamp: row.deletion_timestamp, deletionGracePeriodSeconds: 0 }),
      ...(Object.keys(row.labels).length === 0 ? {} : { labels: row.labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
      ...(managedFields === undefined ? {} : { managedFields }),
    },
    spec: specOf(row),
    ...(row.status === null || row.status === undefined ? {} : { status: row.status }),
  };
}

function storedMeta(metadata: ObjectMeta): StoredMeta {
  const { annotations, finalizers, ownerReferences, managedFields, generateName } = metadata;
  return {
    ...(generateName === undefined ? {} : { generateName }),
    ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(finalizers === undefined || finalizers.length === 0 ? {} : { finalizers: [...new Set(finalizers)] }),
    ...(ownerReferences === undefined || ownerReferences.length === 0 ? {} : { ownerReferences }),
    ...(managedFields === undefined || managedFields.length === 0 ? {} : { managedFields }),
  };
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

export function newRow(tenant: string, object: NewObject, stamp: { uid: string; now: number; by?: string | undefined }): ObjectRow {
  const { metadata } = object;
  if (metadata.name === undefined || metadata.name === '') {
    throw new SlipwayError('Invalid', `${object.kind} has no name.`, {
      causes: [{ field: 'metadata.name', reason: 'FieldValueRequired', message: 'name or generateName is required' }],
    });
  }
  return {
    tenant,
    kind: object.kind,
    project: metadata.namespace ?? '',
    name: metadata.name,
    uid: stamp.uid,
    resource_version: 0,
    generation: 1,
    created_at: timestamp(stamp.now),
    deletion_timestamp: null,
    labels: metadata.labels ?? {},
    metadata: storedMeta(metadata),
    spec: object.spec ?? {},
    status: object.status ?? null,
    created_by: stamp.by ?? null,
  };
}

/** The row after a write of metadata and spec. `generation` grows only with a different spec. */
export function updatedRow(old: ObjectRow, object: ApiObject): ObjectRow {
  const metadata = storedMeta(object.metadata);
  const generateName = old.metadata.generateName;
  if (old.deletion_timestamp !== null) refuseNewFinalizers(old, metadata);
  const changed = canonicalJson(specOf(old)) !== canonicalJson(object.spec);
  return {
    ...old,
    labels: object.metadata.labels ?? {},
    metadata: { ...metadata, ...(generateName === undefined ? {} : { generateName }) },
    spec: object.spec,
    generation: Number(old.generation) + (changed ? 1 : 0),
  };
}

/** The row after a write of status. */
export function statusRow(old: ObjectRow, status: unknown, managedFields: unknown[] | undefined): ObjectRow {
  const { managedFields: before, ...metadata } = old.metadata;
  const owners = managedFields ?? before ?? [];
  return { ...old, status: status ?? null, metadata: owners.length === 0 ? metadata : { ...metadata, managedFields: owners } };
}

function refuseNewFinalizers(old: ObjectRow, metadata: StoredMeta): void {
  const before = new Set(old.metadata.finalizers ?? []);
  const added = (metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer));
  if (added.length === 0) return;
  throw new SlipwayError('Invalid', `${old.kind} "${old.name}" is being deleted: no finalizers can be added (${added.join(', ')}).`, {
    causes: [
      {
        field: 'metadata.finalizers',
        reason: 'FieldValueForbidden',
        message: 'no new finalizers can be added if the object is being deleted',
      },
    ],
  });
}

/** Equal in everything a writer decides. */
export function sameContent(a: ObjectRow, b: ObjectRow): boolean {
  const content = (row: ObjectRow) => canonicalJson([row.labels, row.metadata, specOf(row), row.status, row.deletion_timestamp]);
  return content(a) === content(b);
}

/** Characters of metadata, spec or status at most: an object that grows with every patch would be too much for every list it is in. */
const MAX_PART = 3 * 1024 * 1024;

/** JSON for a jsonb parameter. PostgreSQL cannot hold NUL or half of a surrogate pair in jsonb: refused here with words instead of a driver error. */
export function jsonb(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  if (text.length > MAX_PART) throw new SlipwayError('TooLarge', `An object's metadata, spec and status may have ${MAX_PART} bytes each.`);
  // JSON.stringify writes \uXXXX only for control characters and lone surrogates; an even number of backslashes before it is an escaped backslash.
  if (/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/.test(text)) {
    throw new SlipwayError('Invalid', 'A text holds a character that cannot be stored: NUL or half of a surrogate pair.', {
      hint: 'Encode binary content, for example as base64.',
    });
  }
  return text;
}
