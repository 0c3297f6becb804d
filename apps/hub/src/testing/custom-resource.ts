import type { ServedKind } from '@slipway/api';
import { deprecationOf, GROUP, VERSION } from '@slipway/model';
import fc from 'fast-check';

type Schema = { readonly [key: string]: unknown };

/** Where a kube-apiserver has objects converted, and whom it trusts there. */
export interface Webhook {
  readonly url: string;
  readonly caBundle: string;
}

/** The CustomResourceDefinition of a kind in all its versions, the stored one first, from the schemas their OpenAPI documents have. */
export function customResourceDefinition(versions: readonly ServedKind[], webhook?: Webhook): object {
  const { kind } = versions[0] as ServedKind;
  const { plural, singular, shortNames } = kind;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: kind.scope === 'project' ? 'Namespaced' : 'Cluster',
      names: { kind: kind.kind, listKind: `${kind.kind}List`, plural, singular, shortNames: [...shortNames] },
      versions: versions.map(definedVersion),
      ...(webhook === undefined || versions.length === 1
        ? {}
        : { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig: webhook } } }),
    },
  };
}

function definedVersion({ kind, structural }: ServedKind): object {
  const openAPIV3Schema = {
    type: 'object',
    required: ['spec'],
    properties: { spec: accepted(structural.spec), status: accepted(structural.status) },
  };
  return {
    name: kind.version,
    served: true,
    storage: kind.version === VERSION,
    deprecated: deprecationOf(kind) !== undefined,
    subresources: { status: {} },
    schema: { openAPIV3Schema },
    selectableFields: kind.selectableFields.map((field) => ({ jsonPath: `.${field}` })),
  };
}

/** A structural schema may not forbid other fields (unknown ones are refused or pruned anyway), and knows no extension of ours. */
function accepted(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(accepted);
  if (schema === null || typeof schema !== 'object') return schema;
  const foreign = ([key, value]: [string, unknown]) => key.startsWith('x-slipway-') || (key === 'additionalProperties' && value === false);
  const entries = Object.entries(schema).filter((entry) => !foreign(entry));
  return Object.fromEntries(entries.map(([key, value]) => [key, key === 'default' ? value : accepted(value)]));
}

const TEXTS = ['a', 'b', 'ab', '1.0.0', '1.1.0', 'https://a.example', 'oci://a/b', '2026-01-01T00:00:00Z'];

/** Values of a schema, from few different ones, so that managers meet on the same fields. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  switch (schema.type) {
    case 'object':
      return objectsOf(schema);
    case 'array':
      return listsOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number': {
      const min = Math.max(Number(schema.minimum ?? 0), -5);
      return fc.integer({ min, max: Math.min(Number(schema.maximum ?? min + 2), min + 2) });
    }
    case 'string':
      return textsOf(schema);
    default:
      return fc.oneof(fc.constantFrom('x', 'y'), fc.integer({ min: 0, max: 1 }), fc.boolean());
  }
}

function textsOf(schema: Schema): fc.Arbitrary<string> {
  const pattern = typeof schema.pattern === 'string' ? new RegExp(schema.pattern) : /^/;
  const fitting = TEXTS.filter((text) => pattern.test(text) && (schema.format !== 'uri' || text.startsWith('http')));
  return fitting.length > 0 ? fc.constantFrom(...fitting.slice(0, 3)) : fc.stringMatching(pattern);
}

function objectsOf(schema: Schema): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const { additionalProperties } = schema;
  if (properties.length === 0) {
    const values = valuesOf(
      typeof additionalProperties === 'object' && additionalProperties !== null ? (additionalProperties as Schema) : {},
    );
    return fc.dictionary(fc.constantFrom('k', 'l', 'm'), values, { maxKeys: 2, noNullPrototype: true });
  }
  const fields = Object.fromEntries(properties.map(([name, property]) => [name, valuesOf(property)]));
  return fc.record(fields, { requiredKeys: (schema.required ?? []) as string[], noNullPrototype: true });
}

function listsOf(schema: Schema): fc.Arbitrary<unknown> {
  const items = valuesOf((schema.items ?? {}) as Schema);
  const minLength = Number(schema.minItems ?? 0);
  const keys = (schema['x-kubernetes-list-map-keys'] ?? []) as string[];
  if (schema['x-kubernetes-list-type'] === undefined) return fc.array(items, { minLength, maxLength: minLength + 1 });
  const selector = (item: unknown): string => (keys.length === 0 ? String(item) : keys.map((key) => String((item as Schema)[key])).join());
  return fc.uniqueArray(items, { minLength, maxLength: 2, selector });
}
