import { createHash } from 'node:crypto';
import { apiVersionOf, GROUP, type Kind, objectMetaSchema } from '@slipway/model';
import { z } from 'zod';
import type { ServedKind } from './kind-schema.ts';
import { allOf, BODY_SCHEMAS, LIST_META, OBJECT_META, REFUSAL_RESPONSES, SHARED_SCHEMAS } from './openapi-answers.ts';
import type { Json } from './openapi-parameters.ts';
import { type Described, resourcePaths } from './openapi-paths.ts';
import { structuralSchema } from './structural.ts';

const schemaName = ({ version, kind }: Kind, suffix = ''): string => `dev.slipway.${version}.${kind}${suffix}`;

const typeMeta = (kind: Kind): Json => ({
  apiVersion: { type: 'string', description: `The version of the schema this object is written in: ${apiVersionOf(kind)}.` },
  kind: { type: 'string', description: 'The kind of this object.' },
});

/** The OpenAPI v3 document of one version of slipway.dev, from the kinds' own schemas: what `kubectl explain`, apply and code generators read. */
export function openApiDocument(kinds: readonly ServedKind[], version: string, productVersion: string): Json {
  const shown = kinds.filter(({ kind }) => kind.version === version);
  const schemas = shown.flatMap((served): [string, Json][] => [
    [schemaName(served.kind), objectSchema(served)],
    [schemaName(served.kind, 'List'), listSchema(served.kind)],
  ]);
  const resources = shown.map(({ kind }): Described => ({
    group: GROUP,
    version,
    kind: kind.kind,
    plural: kind.plural,
    namespaced: kind.scope === 'project',
    readOnly: kind.readOnly,
    status: true,
    schema: schemaName(kind),
  }));
  return documentOf(Object.fromEntries(schemas), resources, productVersion);
}

const CORE = 'io.k8s.api.core.v1';

/** The document of what Kubernetes itself has in core/v1 and the hub serves in its shape; kubectl asks it before it applies a Secret. */
export function coreDocument(productVersion: string): Json {
  const text = { type: 'string' };
  const texts = (description: string): Json => ({ type: 'object', description, additionalProperties: text });
  const type = { apiVersion: text, kind: text, metadata: { ...allOf(OBJECT_META), description: 'Standard metadata of an object.' } };
  const secret = {
    ...type,
    type: { ...text, description: 'What the values are for.' },
    data: texts('Values in base64. They are written and never shown: a mask stands in their place.'),
    stringData: texts('Values as they are; written only.'),
    immutable: { type: 'boolean', description: 'Once true, neither values nor this change any more.' },
  };
  const namespace = { ...type, spec: { type: 'object' }, status: { type: 'object', properties: { phase: text } } };
  const described = (kind: string, plural: string, more: Pick<Described, 'namespaced' | 'readOnly'>): Described => ({
    group: '',
    version: 'v1',
    kind,
    plural,
    status: false,
    schema: `${CORE}.${kind}`,
    ...more,
  });
  const resources = [
    described('Secret', 'secrets', { namespaced: true, readOnly: false }),
    described('Namespace', 'namespaces', { namespaced: false, readOnly: true }),
  ];
  const objects: Readonly<Record<string, Json>> = { Secret: secret, Namespace: namespace };
  const schemas = Object.entries(objects).flatMap(([kind, properties]): [string, Json][] => [
    [`${CORE}.${kind}`, { type: 'object', description: `A ${kind}.`, properties, ...marked(kind) }],
    [
      `${CORE}.${kind}List`,
      {
        type: 'object',
        description: `A list of ${kind}s.`,
        required: ['items'],
        properties: { ...type, metadata: allOf(LIST_META), items: { type: 'array', items: allOf(`${CORE}.${kind}`) } },
        ...marked(`${kind}List`),
      },
    ],
  ]);
  return documentOf(Object.fromEntries(schemas), resources, productVersion);
}

const marked = (kind: string): Json => ({ 'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind }] });

function documentOf(own: Json, resources: readonly Described[], productVersion: string): Json {
  const schemas: Json = {
    ...BODY_SCHEMAS,
    ...SHARED_SCHEMAS,
    [OBJECT_META]: {
      ...structuralSchema(z.toJSONSchema(objectMetaSchema, { io: 'input', target: 'draft-7' })),
      description: 'Standard metadata of an object.',
    },
    ...own,
  };
  return {
    openapi: '3.0.0',
    info: { title: 'Slipway', version: productVersion },
    paths: Object.assign({}, ...resources.map(resourcePaths)) as Json,
    components: { schemas, responses: REFUSAL_RESPONSES, securitySchemes: { BearerToken: { type: 'http', scheme: 'bearer' } } },
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
      metadata: { ...allOf(OBJECT_META), description: 'Standard metadata of an object.' },
      spec: { description: 'What is wanted.', ...structural.spec },
      status: { description: 'What is; written by Slipway.', ...structural.status },
    },
    'x-kubernetes-group-version-kind': [gvk(kind)],
  };
}

function listSchema(kind: Kind): Json {
  return {
    type: 'object',
    description: `A list of ${kind.plural}.`,
    required: ['items'],
    properties: { ...typeMeta(kind), metadata: allOf(LIST_META), items: { type: 'array', items: allOf(schemaName(kind)) } },
    'x-kubernetes-group-version-kind': [gvk(kind, 'List')],
  };
}

/** The entry document: which group versions have one, with a hash so that clients may cache. */
export function openApiIndex(documents: readonly { readonly path: string; readonly text: string }[]): Json {
  const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
  const entries = documents.map(({ path, text }) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(text)}` }]);
  return { paths: Object.fromEntries(entries) as Json };
}
