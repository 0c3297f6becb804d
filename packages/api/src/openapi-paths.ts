export type Json = { [key: string]: unknown };

/** A resource as its paths and operations need to know it. */
export interface Described {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly readOnly: boolean;
  /** Name of its schema; that of its list ends with `List`. */
  readonly schema: string;
}

export const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

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

/** Every path of a resource. */
export function resourcePaths(kind: Described): Json {
  const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const collection = `${base}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`;
  const parameters = kind.namespaced ? [inPath('namespace')] : [];
  const one = kind.schema;
  const list = operation(kind, 'list', { answer: `${kind.schema}List`, parameters: LIST_PARAMETERS });
  const paths: Json = {
    [collection]: {
      parameters,
      get: list,
      ...(kind.readOnly
        ? {}
        : {
            post: operation(kind, 'post', {
              answer: one,
              creates: true,
              body: ['application/json', 'application/yaml'],
              parameters: WRITE_PARAMETERS,
            }),
            delete: operation(kind, 'deletecollection', {
              answer: `${kind.schema}List`,
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
              creates: true,
              patches: kind.group === '' ? [...PATCHES, 'application/strategic-merge-patch+json'] : PATCHES,
              parameters: [...WRITE_PARAMETERS, query('force', 'boolean', 'Server-side apply: take fields over from other managers.')],
            }),
            delete: operation(kind, 'delete', { answer: STATUS, or: one, parameters: WRITE_PARAMETERS.slice(0, 1) }),
          }),
    },
  };
  if (kind.namespaced) paths[`${base}/${kind.plural}`] = { get: { ...list, operationId: `${list.operationId as string}ForAllProjects` } };
  return paths;
}

interface About {
  readonly answer: string;
  /** Another form the answer may have. */
  readonly or?: string;
  readonly body?: readonly string[];
  readonly patches?: readonly string[];
  readonly parameters: readonly Json[];
  /** Whether it may make an object. */
  readonly creates?: boolean;
}

function operation(kind: Described, action: string, about: About): Json {
  const schema: Json = about.or === undefined ? ref(about.answer) : { anyOf: [ref(about.answer), ref(about.or)] };
  const json = (body: Json): Json => ({ 'application/json': { schema: body } });
  const bodies = [
    ...(about.body ?? []).map((type) => [type, { schema: ref(kind.schema) }]),
    ...(about.patches ?? []).map((type) => [type, { schema: ref(type === 'application/json-patch+json' ? JSON_PATCH : PATCH) }]),
  ];
  return {
    tags: [`${kind.group === '' ? 'core' : 'slipway'}_${kind.version}`],
    operationId: `${action}${kind.namespaced ? 'Namespaced' : ''}${kind.kind}`,
    description: `${action} ${kind.plural}`,
    parameters: about.parameters,
    ...(bodies.length === 0 ? {} : { requestBody: { required: true, content: Object.fromEntries(bodies) as Json } }),
    responses: {
      '200': { description: 'OK', content: json(schema) },
      ...(about.creates === true ? { '201': { description: 'Created', content: json(schema) } } : {}),
      default: { description: 'Error', content: json(ref(STATUS)) },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  };
}

const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
const PATCH = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';
const JSON_PATCH = 'dev.slipway.JSONPatch';

/** Bodies of patches: a part of an object, or a list of operations. */
export const PATCH_SCHEMAS: Json = {
  [PATCH]: { type: 'object', description: 'A part of an object: for an apply with its type and name.' },
  [JSON_PATCH]: {
    type: 'array',
    description: 'Operations of RFC 6902.',
    items: {
      type: 'object',
      required: ['op', 'path'],
      properties: {
        op: { type: 'string', enum: ['add', 'remove', 'replace', 'move', 'copy', 'test'] },
        path: { type: 'string' },
        from: { type: 'string' },
        value: { 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
};
