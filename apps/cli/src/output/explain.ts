import { API_VERSION, apiVersionOf, kinds, versionsOf } from '@slipway/model';
import { z } from 'zod';
import { UsageError } from '../exit.ts';
import { requireKind } from '../hub/nouns.ts';
import { didYouMean } from './suggest.ts';
import { renderTable } from './table.ts';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** Every noun, for `slipway explain` without arguments. */
export function explainKinds(): string {
  return renderTable(
    ['NOUN', 'SHORT', 'SCOPE', 'DESCRIPTION'],
    kinds.map((kind) => [kind.plural, kind.shortNames.join(',') || '-', kind.scope, kind.description]),
  );
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return [...new Set(branches.map(typeOf))].join(' | ');
  if (schema.type === 'array') return `[]${typeOf(schema.items ?? {})}`;
  if (schema.type === 'object' && !schema.properties && typeof schema.additionalProperties === 'object')
    return `map[string]${typeOf(schema.additionalProperties)}`;
  return schema.type === undefined ? 'any' : [schema.type].flat().join(' | ');
}

function limitsOf(schema: JsonSchema): string {
  const words = [
    schema.minimum === undefined || schema.minimum <= Number.MIN_SAFE_INTEGER ? '' : `≥ ${schema.minimum}`,
    schema.exclusiveMinimum === undefined ? '' : `> ${schema.exclusiveMinimum}`,
    schema.maximum === undefined || schema.maximum >= Number.MAX_SAFE_INTEGER ? '' : `≤ ${schema.maximum}`,
    schema.maxLength === undefined ? '' : `at most ${schema.maxLength} characters`,
    schema.pattern === undefined ? '' : `matches ${schema.pattern}`,
    schema.format ?? '',
  ];
  return words.filter(Boolean).join(', ');
}

/** The object whose fields are shown: array items, map values and the branches of a union are looked through. */
function fieldsOf(schema: JsonSchema): { properties: Record<string, JsonSchema>; required: readonly string[] } {
  if (schema.items) return fieldsOf(schema.items);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) {
    const parts = branches.map(fieldsOf);
    return { properties: Object.assign({}, ...parts.map((part) => part.properties)), required: parts.flatMap((part) => part.required) };
  }
  return { properties: { ...schema.properties }, required: schema.required ?? [] };
}

const METADATA: JsonSchema = {
  type: 'object',
  description: 'Name, project (namespace), labels and what the hub keeps about the object.',
  required: ['name'],
  properties: {
    name: { type: 'string', maxLength: 63, description: 'Unique within the project and kind.' },
    namespace: { type: 'string', description: 'The project.' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
    resourceVersion: { type: 'string', description: 'When set on a write, it must be the stored one.' },
  },
};

/** What users write is shown (defaults may be left out), not what is stored. */
export function explain(path: string, apiVersion: string = API_VERSION): string {
  const [noun = '', ...steps] = path.split('.');
  const known = versionsOf(requireKind(noun));
  const kind = known.find((version) => apiVersionOf(version) === apiVersion);
  if (kind === undefined)
    throw new UsageError(`${noun} is not served as "${apiVersion}"`, `Served: ${known.map(apiVersionOf).join(', ')}.`);
  const schemaOf = (type: z.ZodType) => z.toJSONSchema(type, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonSchema;
  let schema: JsonSchema = {
    type: 'object',
    description: kind.description,
    required: ['spec'],
    properties: { metadata: METADATA, spec: schemaOf(kind.spec), status: schemaOf(kind.status) },
  };
  const walked = [kind.kind];
  for (const step of steps) {
    const { properties } = fieldsOf(schema);
    const next = properties[step];
    if (!next) {
      const near = didYouMean(step, Object.keys(properties));
      const known = Object.keys(properties).join(', ');
      throw new UsageError(
        `${walked.join('.')} has no field "${step}"`,
        near ? `Did you mean "${near}"?` : known ? `Its fields: ${known}.` : 'It has no fields of its own.',
      );
    }
    schema = next;
    walked.push(step);
  }
  return describe(walked.join('.'), schema);
}

function describe(title: string, schema: JsonSchema): string {
  const { properties, required } = fieldsOf(schema);
  const heading = `${title}  <${typeOf(schema)}>${limitsOf(schema) ? `  ${limitsOf(schema)}` : ''}${schema.default === undefined ? '' : `  default ${JSON.stringify(schema.default)}`}`;
  const rows = Object.entries(properties).map(([name, field]) => [
    name,
    typeOf(field),
    required.includes(name) && field.default === undefined
      ? 'required'
      : field.default === undefined
        ? ''
        : `default ${JSON.stringify(field.default)}`,
    [limitsOf(field), field.description ?? ''].filter(Boolean).join('. '),
  ]);
  return [
    heading,
    ...(schema.description ? [schema.description] : []),
    ...(rows.length > 0 ? ['', renderTable(['FIELD', 'TYPE', 'DEFAULT', 'LIMITS'], rows)] : []),
  ].join('\n');
}
