import type { Json } from './openapi-parameters.ts';

/**
 * OpenAPI v3 documents as the one v2 document (Swagger 2.0) that Kubernetes serves under /openapi/v2: what kubectl before 1.27, Argo CD and Terraform's kubernetes
 * provider read. What v2 cannot say is left out: that a field may be null, and all but the first form of an answer that may have several.
 */
export function openApiV2(documents: readonly Json[]): Json {
  const merged = (pick: (document: Json) => unknown): Json => Object.assign({}, ...documents.map(pick)) as Json;
  const componentsOf = (document: Json): Json => document['components'] as Json;
  return {
    swagger: '2.0',
    info: documents[0]?.['info'],
    paths: mapValues(
      merged((document) => document['paths']),
      (path) => pathOf(path as Json),
    ),
    definitions: mapValues(
      merged((document) => componentsOf(document)['schemas']),
      schemaOf,
    ),
    responses: mapValues(
      merged((document) => componentsOf(document)['responses']),
      (response) => responseOf(response as Json),
    ),
    securityDefinitions: {
      BearerToken: { type: 'apiKey', in: 'header', name: 'authorization', description: 'Bearer and the token.' },
    },
    security: [{ BearerToken: [] }],
  };
}

const mapValues = (values: Json, change: (value: unknown, key: string) => unknown): Json =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));

/** Names in v2 are without `components`. */
const refOf = (ref: string): string =>
  ref.replace('#/components/schemas/', '#/definitions/').replace('#/components/responses/', '#/responses/');

function schemaOf(schema: unknown): unknown {
  if (schema === null || typeof schema !== 'object') return schema;
  const { $ref, allOf, anyOf, nullable: _nullable, ...rest } = schema as Json;
  const own = mapValues(rest, (value, key) => {
    if (key === 'properties') return mapValues(value as Json, schemaOf);
    return key === 'items' || key === 'additionalProperties' ? schemaOf(value) : value;
  });
  if (typeof $ref === 'string') return { $ref: refOf($ref), ...own };
  // v3 needs allOf to say something beside a reference; in v2 Kubernetes puts both side by side.
  const [first] = (allOf ?? anyOf ?? []) as Json[];
  return first === undefined ? own : { ...(schemaOf(first) as Json), ...own };
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];

const pathOf = (path: Json): Json =>
  mapValues(path, (value, key) => {
    if (METHODS.includes(key)) return operationOf(value as Json);
    return key === 'parameters' ? (value as Json[]).map(parameterOf) : value;
  });

function operationOf(operation: Json): Json {
  const { requestBody, parameters = [], responses, operationId, ...rest } = operation;
  const body = requestBody as Json | undefined;
  const consumed = Object.keys((body?.['content'] ?? {}) as Json);
  return {
    ...rest,
    operationId: idOf(operationId as string, operation),
    ...(consumed.length === 0 ? {} : { consumes: consumed }),
    produces: producedBy(responses as Json),
    parameters: [...(parameters as Json[]).map(parameterOf), ...(body === undefined ? [] : [bodyOf(body)])],
    responses: mapValues(responses as Json, (response) => responseOf(response as Json)),
  };
}

/** Ids of the documents of several groups and versions, told apart as Kubernetes does: listNamespacedSecret → listCoreV1NamespacedSecret. */
function idOf(id: string, operation: Json): string {
  const action = operation['x-kubernetes-action'] as string;
  const [group = '', version = ''] = ((operation['tags'] as string[])[0] ?? '').split('_');
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return `${action}${capital(group)}${capital(version)}${id.slice(action.length)}`;
}

const producedBy = (responses: Json): string[] => [
  ...new Set(Object.values(responses).flatMap((response) => Object.keys(((response as Json)['content'] ?? {}) as Json))),
];

function parameterOf(parameter: Json): Json {
  const { schema, ...rest } = parameter;
  return { ...rest, ...(schema as Json) };
}

/** The type of a body is told once, whatever it is written in. */
function bodyOf(body: Json): Json {
  const [first] = Object.values(body['content'] as Json) as Json[];
  return { name: 'body', in: 'body', ...(body['required'] === true ? { required: true } : {}), schema: schemaOf(first?.['schema']) };
}

function responseOf(response: Json): Json {
  if (typeof response['$ref'] === 'string') return { $ref: refOf(response['$ref']) };
  const [first] = Object.values((response['content'] ?? {}) as Json) as Json[];
  const headers = response['headers'] as Json | undefined;
  return {
    description: response['description'],
    ...(first === undefined ? {} : { schema: schemaOf(first['schema']) }),
    ...(headers === undefined ? {} : { headers: mapValues(headers, (header) => parameterOf(header as Json)) }),
  };
}
