import { DELETE_OPTIONS, JSON_PATCH, OF_LISTS, OF_READS, OF_WRITES, PATCH, ref, refusals, STATUS, success } from './openapi-answers.ts';
import { DELETE_PARAMETERS, FORCE, inPath, type Json, LIST_PARAMETERS, SELECTORS, WRITE_PARAMETERS } from './openapi-parameters.ts';

/** A resource as its paths and operations need to know it. */
export interface Described {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly readOnly: boolean;
  /** Whether its status is written apart. */
  readonly status: boolean;
  /** Name of its schema; that of its list ends with `List`. */
  readonly schema: string;
}

/** An operation as its kind of action needs to be told: what goes in, what comes out. */
interface About {
  readonly parameters: readonly Json[];
  readonly body?: Json;
  readonly success: Json;
  readonly refused: readonly number[];
}

/** Every path of a resource. */
export function resourcePaths(kind: Described): Json {
  const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const collection = `${base}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`;
  const place = kind.namespaced ? [inPath('namespace', 'The project.')] : [];
  const named = [...place, inPath('name', `The name of the ${kind.kind}.`)];
  const list = operation(kind, 'list', '', lists(kind));
  const paths: Json = {
    [collection]: {
      parameters: place,
      get: list,
      ...(kind.readOnly
        ? {}
        : {
            post: operation(kind, 'post', '', creates(kind)),
            delete: operation(kind, 'deletecollection', '', {
              parameters: [...SELECTORS, ...DELETE_PARAMETERS],
              body: deleteOptions(),
              success: { '200': success('What was deleted', ref(`${kind.schema}List`)) },
              refused: OF_WRITES,
            }),
          }),
    },
    [`${collection}/{name}`]: {
      parameters: named,
      get: operation(kind, 'get', '', reads(kind)),
      ...(kind.readOnly ? {} : { ...writes(kind, ''), delete: operation(kind, 'delete', '', deletes(kind)) }),
    },
  };
  if (kind.status)
    paths[`${collection}/{name}/status`] = {
      parameters: named,
      get: operation(kind, 'get', 'Status', reads(kind)),
      ...(kind.readOnly ? {} : writes(kind, 'Status')),
    };
  if (kind.namespaced) paths[`${base}/${kind.plural}`] = { get: { ...list, operationId: `${list.operationId as string}ForAllProjects` } };
  return paths;
}

const OBJECT_TYPES = ['application/json', 'application/yaml'];
const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
const STRATEGIC = 'application/strategic-merge-patch+json';

const lists = (kind: Described): About => ({
  parameters: LIST_PARAMETERS,
  success: { '200': success('OK', ref(`${kind.schema}List`), true) },
  refused: OF_LISTS,
});
const reads = (kind: Described): About => ({
  parameters: [],
  success: { '200': success('OK', ref(kind.schema)) },
  refused: OF_READS,
});
const creates = (kind: Described): About => ({
  parameters: WRITE_PARAMETERS,
  body: bodyOf(OBJECT_TYPES.map((type) => [type, ref(kind.schema)])),
  success: { '201': success('Created', ref(kind.schema)) },
  refused: OF_WRITES,
});
const deletes = (kind: Described): About => ({
  parameters: DELETE_PARAMETERS,
  body: deleteOptions(),
  success: { '200': success('Deleted, or the object that waits for its finalizers', { anyOf: [ref(STATUS), ref(kind.schema)] }) },
  refused: OF_WRITES,
});

function writes(kind: Described, subresource: '' | 'Status'): Json {
  const types = kind.group === '' ? [...PATCHES, STRATEGIC] : PATCHES;
  const patches = types.map((type): [string, Json] => [type, ref(type === 'application/json-patch+json' ? JSON_PATCH : PATCH)]);
  const changed = success('OK', ref(kind.schema));
  return {
    put: operation(kind, 'put', subresource, { ...creates(kind), success: { '200': changed } }),
    patch: operation(kind, 'patch', subresource, {
      parameters: [...WRITE_PARAMETERS, FORCE],
      body: bodyOf(patches),
      // An apply makes what is not there; the status of something that is not there cannot be applied.
      success: { '200': changed, ...(subresource === '' ? { '201': success('Created', ref(kind.schema)) } : {}) },
      refused: OF_WRITES,
    }),
  };
}

const bodyOf = (content: readonly (readonly [type: string, schema: Json])[], required = true): Json => ({
  ...(required ? { required } : {}),
  content: Object.fromEntries(content.map(([type, schema]) => [type, { schema }])),
});
const deleteOptions = (): Json => bodyOf([['application/json', ref(DELETE_OPTIONS)]], false);

function operation(kind: Described, action: string, subresource: '' | 'Status', about: About): Json {
  return {
    tags: [`${kind.group === '' ? 'core' : 'slipway'}_${kind.version}`],
    operationId: `${action}${kind.namespaced ? 'Namespaced' : ''}${kind.kind}${subresource}`,
    description: `${action} ${kind.plural}${subresource === '' ? '' : '/status'}`,
    parameters: about.parameters,
    ...(about.body === undefined ? {} : { requestBody: about.body }),
    responses: { ...about.success, ...refusals(about.refused) },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  };
}
