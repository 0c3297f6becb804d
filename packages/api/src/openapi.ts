import { createHash } from 'node:crypto';
import { apiVersionOf, GROUP, type Kind, objectMetaSchema } from '@slipway/model';
import { z } from 'zod';
import type { ServedKind } from './kind-schema.ts';
import { structuralSchema } from './structural.ts';

type Json = { [key: string]: unknown };

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';
const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const schemaName = ({ version, kind }: Kind, suffix = ''): string => `dev.slipway.${version}.${kind}${suffix}`;

const typeMeta = (kind: Kind): Json => ({
  apiVersion: { type: 'string', description: `The version of the schema this object is written in: ${apiVersionOf(kind)}.` },
  kind: { type: 'string', description: 'The kind of this object.' },
});

/** The OpenAPI v3 document of one version of slipway.dev, from the kinds' own schemas: what `kubectl explain`, apply and code generators read. */
export function openApiDocument(kinds: readonly ServedKind[], version: string, productVersion: string): Json {
  const schemas: Json = {
    [META]: {
      ...structuralSchema(z.toJSONSchema(objectMetaSchema, { io: 'input', target: 'draft-7' })),
      description: 'Standard metadata of an object.',
    },
    [LIST_META]: {
      type: 'object',
      description: 'Standard metadata of a list.',
      properties: {
        resourceVersion: { type: 'string' },
        continue: { type: 'string' },
        remainingItemCount: { type: 'integer', format: 'int64' },
      },
    },
    [STATUS]: {
      type: 'object',
      description: 'The answer of an operation that returns no object, and of every error.',
      properties: {
        status: { type: 'string' },
        message: { type: 'string' },
        reason: { type: 'string' },
        code: { type: 'integer' },
        details: { type: 'object' },
      },
    },
  };
  const paths: Json = {};
  for (const served of kinds) {
    const { kind } = served;
    if (kind.version !== version) continue;
    schemas[schemaName(kind)] = objectSchema(served);
    schemas[schemaName(kind, 'List')] = listSchema(kind);
    Object.assign(paths, kindPaths(kind));
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Slipway', version: productVersion },
    paths,
    components: { schemas, securitySchemes: { BearerToken: { type: 'http', scheme: 'bearer' } } },
    security: [{ BearerToken: [] }],
  };
}

const gvk = ({ version, kind }: Kind, suffix = ''): Json => ({ group: GROUP, version, kind: `${kind}${suffix}` });

function objectSchema({ kind, structural }: ServedKind): Json {
  return {
    type: 'object',
    description: kind.description,
    required: ['spec'],
    properties: {
      ...typeMeta(kind),
      metadata: { ...allOf(META), description: 'Standard metadata of an object.' },
      spec: { description: 'What is wanted.', ...structural.spec },
      status: { description: 'What is; written by Slipway.', ...structural.status },
    },
    'x-kubernetes-group-version-kind': [gvk(kind)],
  };
}

const allOf = (name: string): Json => ({ allOf: [ref(name)], default: {} });

function listSchema(kind: Kind): Json {
  return {
    type: 'object',
    description: `A list of ${kind.plural}.`,
    required: ['items'],
    properties: { ...typeMeta(kind), metadata: allOf(LIST_META), items: { type: 'array', items: allOf(schemaName(kind)) } },
    'x-kubernetes-group-version-kind': [gvk(kind, 'List')],
  };
}

const query = (name: string, type: string, description: string): Json => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
});
const inPath = (name: string): Json => ({ name, in: 'path', required: true, schema: { type: 'string' } });

const LIST_PARAMETERS = [
  query('labelSelector', 'string', 'Only objects whose labels match: a=b,c in (d,e),!f.'),
  query('fieldSelector', 'string', 'Only objects whose fields match: metadata.name=x.'),
  query('limit', 'integer', 'Objects per page.'),
  query('continue', 'string', 'The next page, from the answer before.'),
  query('resourceVersion', 'string', 'Not older than this version.'),
  query('resourceVersionMatch', 'string', 'NotOlderThan or Exact.'),
  query('watch', 'boolean', 'Stream changes instead of answering once.'),
  query('allowWatchBookmarks', 'boolean', 'Ask for bookmarks in a watch.'),
  query('sendInitialEvents', 'boolean', 'Begin a watch with everything there is.'),
  query('timeoutSeconds', 'integer', 'Ends a watch after this time.'),
];
const WRITE_PARAMETERS = [
  query('dryRun', 'string', 'All: check everything, store nothing.'),
  query('fieldManager', 'string', 'Who owns the fields that are written.'),
  query('fieldValidation', 'string', 'Strict (default), Warn or Ignore.'),
];

function kindPaths(kind: Kind): Json {
  const base = `/apis/${apiVersionOf(kind)}`;
  const collection = `${base}/${kind.scope === 'project' ? 'namespaces/{namespace}/' : ''}${kind.plural}`;
  const parameters = kind.scope === 'project' ? [inPath('namespace')] : [];
  const one = schemaName(kind);
  const list = operation(kind, 'list', { answer: schemaName(kind, 'List'), parameters: LIST_PARAMETERS });
  const paths: Json = {
    [collection]: {
      parameters,
      get: list,
      ...(kind.readOnly
        ? {}
        : {
            post: operation(kind, 'post', { answer: one, body: ['application/json', 'application/yaml'], parameters: WRITE_PARAMETERS }),
            delete: operation(kind, 'deletecollection', {
              answer: STATUS,
              parameters: [...LIST_PARAMETERS.slice(0, 2), ...WRITE_PARAMETERS.slice(0, 1)],
            }),
          }),
    },
    [`${collection}/{name}`]: {
      parameters: [...parameters, inPath('name')],
      get: operation(kind, 'get', { answer: one, parameters: [] }),
      ...(kind.readOnly
        ? {}
        : {
            put: operation(kind, 'put', { answer: one, body: ['application/json', 'application/yaml'], parameters: WRITE_PARAMETERS }),
            patch: operation(kind, 'patch', {
              answer: one,
              body: ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'],
              parameters: [...WRITE_PARAMETERS, query('force', 'boolean', 'Server-side apply: take fields over from other managers.')],
            }),
            delete: operation(kind, 'delete', { answer: STATUS, parameters: WRITE_PARAMETERS.slice(0, 1) }),
          }),
    },
  };
  if (kind.scope === 'project')
    paths[`${base}/${kind.plural}`] = { get: { ...list, operationId: `${list.operationId as string}ForAllProjects` } };
  return paths;
}

function operation(kind: Kind, action: string, about: { answer: string; body?: readonly string[]; parameters: readonly Json[] }): Json {
  const content = (types: readonly string[], name: string) => Object.fromEntries(types.map((type) => [type, { schema: ref(name) }]));
  return {
    tags: [`slipway_${kind.version}`],
    operationId: `${action}${kind.scope === 'project' ? 'Namespaced' : ''}${kind.kind}`,
    description: `${action} ${kind.plural}`,
    parameters: about.parameters,
    ...(about.body === undefined ? {} : { requestBody: { required: true, content: content(about.body, schemaName(kind)) } }),
    responses: {
      '200': { description: 'OK', content: content(['application/json'], about.answer) },
      default: { description: 'Error', content: content(['application/json'], STATUS) },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(kind),
  };
}

/** The entry document: which group versions have one, with a hash so that clients may cache. */
export function openApiIndex(documents: readonly { readonly path: string; readonly text: string }[]): Json {
  const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
  const entries = documents.map(({ path, text }) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(text)}` }]);
  return { paths: Object.fromEntries(entries) as Json };
}
