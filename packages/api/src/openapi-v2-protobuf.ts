import { SlipwayError } from '@slipway/kit';
import type { Json } from './openapi-parameters.ts';
import { bytesField, countField, doubleField, flagField, textField, type Written } from './protobuf-writer.ts';

/** How one key of an object is written. */
type Field = (value: never) => Written;
type Fields = Readonly<Record<string, Field>>;

const text =
  (number: number): Field =>
  (value: string) =>
    textField(number, value);
const flag =
  (number: number): Field =>
  (value: boolean) =>
    flagField(number, value);
const count =
  (number: number): Field =>
  (value: number) =>
    countField(number, value);
const double =
  (number: number): Field =>
  (value: number) =>
    doubleField(number, value);
const texts =
  (number: number): Field =>
  (value: string[]) =>
    Buffer.concat(value.map((one) => bytesField(number, Buffer.from(one))));
const message =
  (number: number, write: (value: never) => Buffer): Field =>
  (value) =>
    bytesField(number, write(value));
const each =
  (number: number, write: (value: never) => Buffer): Field =>
  (value: never[]) =>
    Buffer.concat(value.map((one) => bytesField(number, write(one))));

/** A value of any form, which gnostic keeps as YAML; JSON is YAML. */
const any = (value: unknown): Buffer => textField(2, JSON.stringify(value));
/** Name and value, as every map is a list of them. */
const named = (number: number, entries: Json, write: (value: never) => Buffer): Buffer =>
  Buffer.concat(
    Object.entries(entries).map(([name, value]) =>
      bytesField(number, Buffer.concat([textField(1, name), bytesField(2, write(value as never))])),
    ),
  );
const map =
  (write: (value: never) => Buffer) =>
  (entries: Json): Buffer =>
    named(1, entries, write);

/** An object by its fields; `x-…` goes to the vendor extensions. Throws `Internal` for what the message has no field for, so that nothing gets lost. */
function object(what: string, fields: Fields, extensions: number) {
  return (value: Json): Buffer =>
    Buffer.concat(
      Object.entries(value).map(([key, item]) => {
        if (key.startsWith('x-')) return named(extensions, { [key]: item }, any);
        const field = fields[key];
        if (field === undefined) throw new SlipwayError('Internal', `OpenAPI v2 has no field "${key}" for a ${what}.`);
        return field(item as never);
      }),
    );
}

// Field numbers are those of gnostic's openapi.v2 (github.com/google/gnostic-models/openapiv2/OpenAPIv2.proto), which client-go decodes it with.

const schema = (value: Json): Buffer => writeSchema(value);
const writeSchema = object(
  'schema',
  {
    $ref: text(1),
    format: text(2),
    title: text(3),
    description: text(4),
    default: message(5, any),
    multipleOf: double(6),
    maximum: double(7),
    exclusiveMaximum: flag(8),
    minimum: double(9),
    exclusiveMinimum: flag(10),
    maxLength: count(11),
    minLength: count(12),
    pattern: text(13),
    maxItems: count(14),
    minItems: count(15),
    uniqueItems: flag(16),
    maxProperties: count(17),
    minProperties: count(18),
    required: texts(19),
    enum: each(20, any),
    additionalProperties: message(21, (value: Json | boolean) =>
      typeof value === 'boolean' ? booleanItem(value) : bytesField(1, schema(value)),
    ),
    type: (value: string) => bytesField(22, bytesField(1, Buffer.from(value))),
    items: message(23, (value: Json) => bytesField(1, schema(value))),
    properties: message(25, map(schema)),
    readOnly: flag(27),
    example: message(30, any),
  },
  31,
);

/** The boolean of a `oneof`, which is written even when it is false. */
const booleanItem = (value: boolean): Buffer => Buffer.from([2 * 8, value ? 1 : 0]);

/** What parameters of path and query, and headers, have in common; each message numbers it otherwise, in the same order. */
const primitive = (first: number): Fields => ({
  type: text(first),
  format: text(first + 1),
  default: message(first + 4, any),
  maximum: double(first + 5),
  exclusiveMaximum: flag(first + 6),
  minimum: double(first + 7),
  exclusiveMinimum: flag(first + 8),
  maxLength: count(first + 9),
  minLength: count(first + 10),
  pattern: text(first + 11),
  maxItems: count(first + 12),
  minItems: count(first + 13),
  uniqueItems: flag(first + 14),
  enum: each(first + 15, any),
});
const parameter: Fields = { required: flag(1), in: text(2), description: text(3), name: text(4) };
const queryParameter = object('query parameter', { ...parameter, ...primitive(6) }, 23);
const pathParameter = object('path parameter', { ...parameter, ...primitive(5) }, 22);
const bodyParameter = object(
  'body',
  { description: text(1), name: text(2), in: text(3), required: flag(4), schema: message(5, schema) },
  6,
);
const header = object('header', { ...primitive(1), description: text(18) }, 19);

/** ParametersItem › Parameter › body, or one of the others. */
function parametersItem(value: Json): Buffer {
  if (value['in'] === 'body') return bytesField(1, bytesField(1, bodyParameter(value)));
  return bytesField(1, bytesField(2, value['in'] === 'path' ? bytesField(4, pathParameter(value)) : bytesField(3, queryParameter(value))));
}

const response = object(
  'response',
  {
    description: text(1),
    schema: message(2, (value: Json) => bytesField(1, schema(value))),
    headers: message(3, map(header)),
  },
  5,
);
const responseValue = (value: Json): Buffer =>
  typeof value['$ref'] === 'string' ? bytesField(2, textField(1, value['$ref'])) : bytesField(1, response(value));

const operation = object(
  'operation',
  {
    tags: texts(1),
    summary: text(2),
    description: text(3),
    operationId: text(5),
    produces: texts(6),
    consumes: texts(7),
    parameters: each(8, parametersItem),
    responses: message(9, map(responseValue)),
    deprecated: flag(11),
  },
  13,
);
const pathItem = object(
  'path',
  {
    get: message(2, operation),
    put: message(3, operation),
    post: message(4, operation),
    delete: message(5, operation),
    options: message(6, operation),
    head: message(7, operation),
    patch: message(8, operation),
    parameters: each(9, parametersItem),
  },
  10,
);
const info = object('title', { title: text(1), version: text(2), description: text(3) }, 7);
const securityDefinition = (value: Json): Buffer =>
  bytesField(2, object('API key', { type: text(1), name: text(2), in: text(3), description: text(4) }, 5)(value));

/** An OpenAPI v2 document as client-go asks for it: gnostic's `openapi.v2.Document` in protobuf. */
export const openApiV2Protobuf: (document: Json) => Buffer = object(
  'document',
  {
    swagger: text(1),
    info: message(2, info),
    paths: message(8, (paths: Json) => named(2, paths, pathItem)),
    definitions: message(9, map(schema)),
    responses: message(11, map(response)),
    security: each(
      12,
      map((scopes: string[]) => Buffer.concat(scopes.map((scope) => bytesField(1, Buffer.from(scope))))),
    ),
    securityDefinitions: message(13, map(securityDefinition)),
  },
  16,
);
