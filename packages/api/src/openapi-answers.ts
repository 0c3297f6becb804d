import type { Json } from './openapi-parameters.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const STATUS = `${META}.Status`;
export const LIST_META = `${META}.ListMeta`;
export const OBJECT_META = `${META}.ObjectMeta`;
export const DELETE_OPTIONS = `${META}.DeleteOptions`;
export const PATCH = `${META}.Patch`;
export const JSON_PATCH = 'dev.slipway.JSONPatch';
export const WATCH_EVENT = `${META}.WatchEvent`;
const DETAILS = `${META}.StatusDetails`;
const CAUSE = `${META}.StatusCause`;

export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
/** A reference that may have words and a default beside it. */
export const allOf = (name: string): Json => ({ allOf: [ref(name)], default: {} });

const text = { type: 'string' };
const integer = { type: 'integer', format: 'int32' };

/** What the answers of every resource are made of, in Kubernetes' own shapes and under its names. */
export const SHARED_SCHEMAS: Json = {
  [LIST_META]: {
    type: 'object',
    description: 'Standard metadata of a list.',
    properties: { resourceVersion: text, continue: text, remainingItemCount: { type: 'integer', format: 'int64' } },
  },
  [STATUS]: {
    type: 'object',
    description: 'The answer of an operation that returns no object, and of every error.',
    required: ['kind', 'apiVersion', 'metadata', 'status'],
    properties: {
      kind: { ...text, enum: ['Status'] },
      apiVersion: { ...text, enum: ['v1'] },
      metadata: allOf(LIST_META),
      status: { ...text, enum: ['Success', 'Failure'] },
      message: text,
      reason: { ...text, description: 'The error in one word, for programs.' },
      code: { ...integer, description: 'The HTTP status.' },
      details: ref(DETAILS),
    },
    'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Status' }],
  },
  [DETAILS]: {
    type: 'object',
    description: 'What the answer is about.',
    properties: {
      name: text,
      group: text,
      kind: { ...text, description: 'The resource, or the kind where an object is wrong.' },
      uid: text,
      causes: { type: 'array', items: ref(CAUSE), 'x-kubernetes-list-type': 'atomic' },
      retryAfterSeconds: { ...integer, description: 'When a new attempt makes sense.' },
    },
  },
  [CAUSE]: {
    type: 'object',
    description: 'One thing that is wrong.',
    required: ['message'],
    properties: { reason: text, message: text, field: { ...text, description: 'Its path as users write it: spec.pools[0].replicas.' } },
  },
  [WATCH_EVENT]: {
    type: 'object',
    description: 'One line of a watch.',
    required: ['type', 'object'],
    properties: {
      type: { ...text, enum: ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'] },
      object: { description: 'The object, or a Status for ERROR.', 'x-kubernetes-preserve-unknown-fields': true },
    },
  },
};

/** What clients send besides objects. */
export const BODY_SCHEMAS: Json = {
  [PATCH]: { type: 'object', description: 'A part of an object: for an apply with its type and name.' },
  [JSON_PATCH]: {
    type: 'array',
    description: 'Operations of RFC 6902.',
    items: {
      type: 'object',
      required: ['op', 'path'],
      properties: {
        op: { ...text, enum: ['add', 'remove', 'replace', 'move', 'copy', 'test'] },
        path: text,
        from: text,
        value: { 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
  [DELETE_OPTIONS]: {
    type: 'object',
    description: 'How to delete.',
    properties: {
      apiVersion: text,
      kind: text,
      preconditions: {
        type: 'object',
        description: 'Delete this very object only.',
        properties: { uid: text, resourceVersion: text },
      },
      propagationPolicy: { ...text, enum: ['Background', 'Foreground', 'Orphan'] },
      orphanDependents: { type: 'boolean' },
      dryRun: { type: 'array', items: { ...text, enum: ['All'] }, 'x-kubernetes-list-type': 'atomic' },
    },
  },
};

/** Every refusal there is, told once. */
const REFUSALS: Readonly<Record<number, readonly [name: string, description: string]>> = {
  400: ['BadRequest', 'The request cannot be understood, or names fields that do not exist.'],
  401: ['Unauthorized', 'Without a valid token.'],
  403: ['Forbidden', 'The caller may not do this, or nobody may.'],
  404: ['NotFound', 'There is no such object, or the caller may not know of it.'],
  409: ['Conflict', 'It is there already, was changed meanwhile, or its fields have another manager.'],
  410: ['Expired', 'The version or page that is asked for is no longer kept.'],
  413: ['RequestEntityTooLarge', 'The body is too large.'],
  415: ['UnsupportedMediaType', 'The body is of a type that is not taken here.'],
  422: ['Invalid', 'Fields are wrong; details.causes names each.'],
  429: ['TooManyRequests', 'Later: Retry-After says when.'],
  431: ['RequestHeaderFieldsTooLarge', 'URL and headers are larger than 16 KiB. Without a body, and the connection ends.'],
  503: ['ServiceUnavailable', 'Something that it takes is away.'],
  504: ['Timeout', 'It took too long, or the version is one that is not there yet.'],
};

const EVERY = [400, 401, 403, 404, 429, 431, 503, 504];
/** Answered before there is a request that could be answered in words. */
const WORDLESS = 431;
export const OF_LISTS = [...EVERY, 410, 422];
export const OF_READS = EVERY;
export const OF_WRITES = [...EVERY, 409, 413, 415, 422];

const content = (schema: Json): Json => ({ 'application/json': { schema } });

/** For `components.responses`. */
export const REFUSAL_RESPONSES: Json = Object.fromEntries(
  Object.entries(REFUSALS).map(([code, [name, description]]) => [
    name,
    {
      description,
      ...(Number(code) === WORDLESS ? {} : { content: content(ref(STATUS)) }),
      ...(Number(code) === 429 ? { headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } } } : {}),
    },
  ]),
);

/** The refusals with these codes, as an operation names them. */
export const refusals = (codes: readonly number[]): Json =>
  Object.fromEntries(
    codes.toSorted((a, b) => a - b).map((code) => [String(code), { $ref: `#/components/responses/${REFUSALS[code]?.[0]}` }]),
  );

/** A success; `stream`: what a watch answers beside it. */
export const success = (description: string, schema: Json, stream = false): Json => ({
  description,
  content: { ...content(schema), ...(stream ? { 'application/json;stream=watch': { schema: ref(WATCH_EVENT) } } : {}) },
});
