import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkValues, ValuesChecker } from './check-values.ts';

const DRAFTS = [
  'http://json-schema.org/draft-07/schema#',
  'https://json-schema.org/draft/2019-09/schema',
  'https://json-schema.org/draft/2020-12/schema',
  undefined,
];
const causesOf = async (schema: unknown, values: unknown, path = 'values') =>
  (await checkValues(schema, values, { path })).causes.map(({ field, message }) => `${field}: ${message}`);

describe('checkValues', () => {
  it.each(DRAFTS)('names every value that is wrong by its path (%s)', async ($schema) => {
    const schema = {
      ...($schema === undefined ? {} : { $schema }),
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: {
        name: { type: 'string' },
        replicas: { type: 'integer', minimum: 1 },
        mode: { enum: ['a', 'b'] },
        hosts: {
          type: 'array',
          items: { type: 'object', required: ['host'], properties: { host: { type: 'string', pattern: '^[a-z.]+$' } } },
        },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        either: { oneOf: [{ type: 'string' }, { type: 'integer', minimum: 3 }] },
      },
    };
    expect(
      await causesOf(schema, { name: 'x', replicas: 2, mode: 'a', hosts: [{ host: 'a.b' }], labels: { 'a/b.c': 'd' }, either: 3 }),
    ).toEqual([]);
    const wrong = {
      replicas: 0,
      mode: 'c',
      hosts: [{ host: 'ok' }, { host: 'SECRET' }, {}],
      labels: { 'a/b~c': 1 },
      either: 1,
      extra: 'SECRET',
    };
    const causes = await causesOf(schema, wrong, 'spec.layers[0].values');
    expect(causes.toSorted()).toEqual([
      'spec.layers[0].values.either: does not match exactly one subschema (0 matches)',
      'spec.layers[0].values.extra: is not a value that the pack has',
      'spec.layers[0].values.hosts[1].host: does not match pattern',
      'spec.layers[0].values.hosts[2].host: is required',
      'spec.layers[0].values.labels["a/b~c"]: must be string, not number',
      'spec.layers[0].values.mode: does not match any of ["a","b"]',
      'spec.layers[0].values.name: is required',
      'spec.layers[0].values.replicas: 0 is less than 1',
    ]);
    expect(causes.join()).not.toContain('SECRET');
  });

  it('knows what differs between drafts', async () => {
    expect(
      await causesOf(
        { $schema: 'http://json-schema.org/draft-04/schema#', properties: { a: { minimum: 1, exclusiveMinimum: true } } },
        { a: 1 },
      ),
    ).toHaveLength(1);
    const tuple = { properties: { a: { prefixItems: [{ type: 'string' }], items: false } } };
    expect(await causesOf({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...tuple }, { a: ['x', 'y'] })).toHaveLength(1);
    const beside = { definitions: { s: { type: 'string' } }, properties: { a: { $ref: '#/definitions/s', maxLength: 1 } } };
    expect(await causesOf({ $schema: 'http://json-schema.org/draft-07/schema#', ...beside }, { a: 'xy' })).toEqual([]);
    expect(await causesOf({ $schema: 'https://json-schema.org/draft/2019-09/schema', ...beside }, { a: 'xy' })).toHaveLength(1);
    expect(
      await causesOf(
        { $schema: 'https://json-schema.org/draft/2019-09/schema', properties: { a: true }, unevaluatedProperties: false },
        { b: 1 },
      ),
    ).toEqual(['values.b: is not a value that the pack has']);
  });

  it('never fetches: a reference to another place accepts anything, and is told', async () => {
    const schema = {
      properties: {
        probe: { $ref: 'http://169.254.169.254/schema.json' },
        pod: { $ref: 'https://raw.example.org/k8s/_definitions.json#/definitions/x', type: 'object' },
        own: { $ref: '#/definitions/nothing' },
        text: { pattern: '(?i)abc' },
      },
      examples: [{ $ref: 'http://169.254.169.254/' }],
    };
    const { causes, remarks } = await checkValues(schema, { probe: 1, pod: {}, own: 2, text: 'x' });
    expect(causes).toEqual([]);
    expect(remarks.map(({ field }) => field).toSorted()).toEqual([
      'properties.own["$ref"]',
      'properties.pod["$ref"]',
      'properties.probe["$ref"]',
      'properties.text.pattern',
    ]);
  });

  it('a schema that refers to its own $id or anchors is checked', async () => {
    const schema = {
      $id: 'https://example.org/root.json',
      $defs: { s: { $id: 's.json', type: 'string' }, n: { $anchor: 'n', type: 'number' } },
      properties: { a: { $ref: 's.json' }, b: { $ref: '#n' } },
      $schema: 'https://json-schema.org/draft/2020-12/schema',
    };
    expect(await causesOf(schema, { a: 1, b: 'x' })).toHaveLength(2);
  });

  const nested = (levels: number): object =>
    Object.fromEntries(
      Array.from({ length: levels }, (_, n) => [
        `d${n}`,
        { allOf: [{ $ref: `#/definitions/d${n + 1}` }, { $ref: `#/definitions/d${n + 1}` }] },
      ]),
    );
  it.each([
    ['a regular expression that takes forever', { properties: { a: { pattern: '^(a+)+$' } } }, { a: `${'a'.repeat(60)}!` }, /takes longer/],
    ['references that double at each level', { definitions: { ...nested(60), d60: {} }, $ref: '#/definitions/d0' }, {}, /takes longer/],
    ['a schema that refers to itself', { $ref: '#' }, {}, /refers to itself without end/],
    ['a schema that is a list', [], {}, /neither an object nor true or false/],
    ['a schema whose $ref is a number', { properties: { a: { $ref: 3 } } }, { a: 1 }, /./],
  ])('%s ends within its time, and the next check works', async (_what, schema, values, reason) => {
    const checker = new ValuesChecker();
    const { causes } = await checker.check(schema, values, { path: 'values', timeoutMs: 1500 });
    expect(causes.map(({ message }) => message).join()).toMatch(reason);
    expect((await checker.check({ properties: { a: { type: 'string' } } }, { a: 1 })).causes).toHaveLength(1);
  });

  it('a schema that takes all memory ends only its thread', async () => {
    const checker = new ValuesChecker();
    const wide = {
      anyOf: Array.from({ length: 400 }, () => ({ anyOf: Array.from({ length: 400 }, () => ({ $ref: '#/definitions/x' })) })),
      definitions: { x: { anyOf: Array.from({ length: 300 }, () => ({ type: 'string' })) } },
    };
    const { causes } = await checker.check(wide, {}, { timeoutMs: 60_000 });
    expect(causes).toHaveLength(1);
    expect((await checker.check({ type: 'object' }, {})).causes).toEqual([]);
  });

  it('answers many at once, each its own', async () => {
    const checks = Array.from({ length: 50 }, (_, n) => checkValues({ properties: { [`k${n}`]: { type: 'string' } } }, { [`k${n}`]: n }));
    const fields = (await Promise.all(checks)).map(({ causes }) => causes[0]?.field);
    expect(fields).toEqual(Array.from({ length: 50 }, (_, n) => `values.k${n}`));
  });

  it('no schema breaks it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 3 }), async (schema, values) => {
        const { causes } = await checkValues(schema, values);
        for (const { field } of causes) expect(field).toMatch(/^values/);
      }),
      { numRuns: 200 },
    );
  });
});
