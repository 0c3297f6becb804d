import { SlipwayError } from '@slipway/kit';
import type { ApiObject } from '../meta/object.ts';
import { maskLastApplied } from '../meta/secret-fields.ts';
import { SECRET_DATA_MASK, type SecretSpec } from './secret.ts';

/** core/v1 Secret, as kubectl and every Kubernetes library write and read it. */
export interface CoreSecret {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: ApiObject['metadata'];
  readonly type: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}

interface FieldOwner {
  readonly apiVersion?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

const CORE_FIELDS = ['f:type', 'f:data', 'f:immutable'];

/** A stored Secret as core/v1. Field owners speak of the fields it shows. */
export function coreSecretOf(object: ApiObject): CoreSecret {
  const { type, data, immutable } = object.spec as SecretSpec;
  const { managedFields, ...metadata } = object.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...metadata,
      ...(managedFields === undefined ? {} : { managedFields: (managedFields as FieldOwner[]).map(coreOwner) }),
    },
    type,
    ...(Object.keys(data).length === 0 ? {} : { data }),
    ...(immutable === undefined ? {} : { immutable }),
  };
}

function coreOwner({ fieldsV1 = {}, ...owner }: FieldOwner): FieldOwner {
  const { 'f:spec': spec, ...rest } = fieldsV1;
  return { ...owner, apiVersion: 'v1', fieldsV1: { ...rest, ...(spec as object | undefined) } };
}

/** Back again, for an update that carries the owners it read. */
function storedOwner({ fieldsV1 = {}, ...owner }: FieldOwner): FieldOwner {
  const entries = Object.entries(fieldsV1);
  const spec = Object.fromEntries(entries.filter(([key]) => CORE_FIELDS.includes(key)));
  const rest = Object.fromEntries(entries.filter(([key]) => !CORE_FIELDS.includes(key)));
  return { ...owner, fieldsV1: { ...rest, ...(Object.keys(spec).length === 0 ? {} : { 'f:spec': spec }) } };
}

/**
 * A core/v1 Secret as it was written, in the shape that is stored: `stringData` becomes `data`, and the copy that `kubectl apply` keeps in an annotation is masked.
 * Unknown fields stay beside `spec`, so that validation names them.
 */
export function secretFromCore(raw: unknown): Record<string, unknown> {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw))
    throw new SlipwayError('BadRequest', 'The body must be one Secret object.');
  const { apiVersion, kind, metadata, type, data, stringData, immutable, ...rest } = raw as Record<string, unknown>;
  if (apiVersion !== undefined && apiVersion !== 'v1')
    throw new SlipwayError(
      'BadRequest',
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (v1)`,
    );
  if (kind !== undefined && kind !== 'Secret')
    throw new SlipwayError('BadRequest', `the kind in the data (${String(kind)}) does not match the kind of this address (Secret)`);
  const values = { ...(data as object | null | undefined), ...encoded(stringData) };
  return {
    ...rest,
    metadata: metadataFromCore((metadata ?? {}) as Record<string, unknown>),
    spec: {
      ...(type === undefined || type === '' ? {} : { type }),
      // null and absent mean the same to Kubernetes clients.
      ...(data === undefined && stringData === undefined ? {} : { data: Object.fromEntries(Object.entries(values).map(emptyForNull)) }),
      ...(immutable === undefined || immutable === null ? {} : { immutable }),
    },
  };
}

const emptyForNull = ([key, value]: [string, unknown]): [string, unknown] => [key, value ?? ''];

function metadataFromCore(metadata: Record<string, unknown>): Record<string, unknown> {
  const { managedFields, annotations, creationTimestamp, ...rest } = metadata;
  const masked = maskLastApplied(annotations as Record<string, string> | undefined, maskCore);
  return {
    ...rest,
    ...(creationTimestamp === undefined || creationTimestamp === null ? {} : { creationTimestamp }),
    ...(masked === undefined ? {} : { annotations: masked }),
    ...(Array.isArray(managedFields) ? { managedFields: (managedFields as FieldOwner[]).map(storedOwner) } : {}),
  };
}

function maskCore(applied: Record<string, unknown>): Record<string, unknown> {
  const masks = (values: unknown, mask: string) => Object.fromEntries(Object.keys((values ?? {}) as object).map((key) => [key, mask]));
  return {
    ...applied,
    ...('data' in applied ? { data: masks(applied['data'], SECRET_DATA_MASK) } : {}),
    ...('stringData' in applied ? { stringData: masks(applied['stringData'], '***') } : {}),
  };
}

function encoded(stringData: unknown): Record<string, string> {
  if (stringData === undefined || stringData === null) return {};
  if (typeof stringData !== 'object') throw new SlipwayError('BadRequest', 'stringData must be an object of texts.');
  return Object.fromEntries(
    Object.entries(stringData).map(([key, value]) => {
      if (typeof value !== 'string')
        throw new SlipwayError('Invalid', `Secret is invalid: stringData.${key}: must be a text`, {
          causes: [{ field: `stringData.${key}`, reason: 'FieldValueInvalid', message: 'must be a text' }],
        });
      return [key, Buffer.from(value).toString('base64')];
    }),
  );
}
