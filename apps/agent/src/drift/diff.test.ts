import fc from 'fast-check';
import type { KubeObject } from '@slipway/kube';
import { expect, test } from 'vitest';
import { compareDrift, subsetDrift } from './diff.ts';
import { covers, pathText, stepInto, withoutField, type FieldSet } from './field-set.ts';
import { fingerprint } from './fingerprint.ts';
import { yieldsTo } from './ownership.ts';

const owned = (fieldsV1: FieldSet) => ({ manager: 'slipway', operation: 'Apply', fieldsV1 });
const object = (rest: Record<string, unknown>, managedFields: KubeObject['metadata']['managedFields'] = []): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', managedFields },
  ...rest,
});

/** Nested values with their field set, as server-side apply would own them. */
const scalars = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const trees: fc.Arbitrary<Record<string, unknown>> = fc.letrec((tie) => ({
  tree: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd.e/f'), fc.oneof({ maxDepth: 3 }, scalars, tie('tree')), { minKeys: 1, maxKeys: 3 }),
})).tree as fc.Arbitrary<Record<string, unknown>>;
const fieldSet = (value: unknown): FieldSet =>
  value !== null && typeof value === 'object'
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [`f:${key}`, fieldSet(item)]))
    : {};

test('an object that is as wanted has no drift, whatever else is in it', () => {
  fc.assert(
    fc.property(trees, trees, (spec, other) => {
      const fields = [owned({ 'f:spec': fieldSet(spec) })];
      const live = object({ spec: { ...spec, extra: other }, status: other });
      expect(compareDrift(object({ spec, other }, fields), live, 'slipway')).toEqual({ drifted: [], yielded: [] });
    }),
  );
});

test('every changed field is found under its path, and nothing else', () => {
  fc.assert(
    fc.property(trees, fc.string(), (spec, value) => {
      const leaves: string[][] = [];
      const walk = (node: unknown, path: string[]): void => {
        if (node !== null && typeof node === 'object') for (const [key, item] of Object.entries(node)) walk(item, [...path, key]);
        else leaves.push(path);
      };
      walk(spec, []);
      const target = leaves[0]!;
      const live = structuredClone(spec);
      const parent = target.slice(0, -1).reduce<Record<string, unknown>>((node, key) => node[key] as Record<string, unknown>, live);
      parent[target.at(-1)!] = { changed: value };
      const found = compareDrift(object({ spec }, [owned({ 'f:spec': fieldSet(spec) })]), object({ spec: live }), 'slipway').drifted;
      expect(found.map((field) => field.fields)).toEqual([['f:spec', ...target.map((key) => `f:${key}`)]]);
    }),
  );
});

test('removing a field and asking for it again finds nothing, and other fields stay', () => {
  fc.assert(
    fc.property(trees, (tree) => {
      const key = Object.keys(tree)[0]!;
      const rest = withoutField(tree, [`f:${key}`]);
      expect(stepInto(rest, `f:${key}`)).toBeUndefined();
      expect(Object.keys(rest)).toHaveLength(Object.keys(tree).length - 1);
    }),
  );
});

test('an autoscaler’s field is yielded, a person’s is drift with the person’s name', () => {
  const wanted = object({ spec: { replicas: 1 } }, [owned({ 'f:spec': { 'f:replicas': {} } })]);
  const by = (manager: string, subresource?: string) =>
    object({ spec: { replicas: 5 } }, [
      {
        manager,
        operation: 'Update',
        time: '2026-01-01T00:00:00Z',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
        ...(subresource === undefined ? {} : { subresource }),
      },
    ]);
  expect(compareDrift(wanted, by('keda', 'scale'), 'slipway')).toEqual({ drifted: [], yielded: [['f:spec', 'f:replicas']] });
  expect(compareDrift(wanted, by('kubectl', 'scale'), 'slipway').drifted).toMatchObject([
    { path: 'spec.replicas', wanted: 1, live: 5, manager: 'kubectl' },
  ]);
  expect(compareDrift(wanted, by('k9s'), 'slipway').drifted).toMatchObject([{ manager: 'k9s' }]);
});

test.each([
  ['kube-controller-manager', undefined, true],
  ['cert-manager-cainjector', undefined, true],
  ['vpa-updater', undefined, true],
  ['my-operator', undefined, true],
  ['kubectl-edit', undefined, false],
  ['kubectl-client-side-apply', undefined, false],
  ['Mozilla', undefined, false],
  ['helm', undefined, false],
  ['anything', 'scale', true],
  ['kubelet', 'status', false],
])('%s through %s: yielded to %s', (manager, subresource, expected) => {
  expect(yieldsTo({ manager, ...(subresource === undefined ? {} : { subresource }) })).toBe(expected);
});

test('paths are written as people write them', () => {
  expect(pathText(['f:spec', 'f:containers', 'k:{"name":"app"}', 'f:image'])).toBe('spec.containers[name=app].image');
  expect(pathText(['f:metadata', 'f:labels', 'f:a.b/c'])).toBe('metadata.labels["a.b/c"]');
  expect(pathText(['f:metadata', 'f:finalizers', 'v:"x"'])).toBe('metadata.finalizers["x"]');
});

test('a field owned as a whole covers what is below it', () => {
  const set: FieldSet = { 'f:spec': { 'f:selector': {}, 'f:template': { 'f:a': {} } } };
  expect(covers(set, ['f:spec', 'f:selector', 'f:app'])).toBe(true);
  expect(covers(set, ['f:spec', 'f:template', 'f:b'])).toBe(false);
  expect(covers({}, ['f:spec'])).toBe(false);
});

test('values of Secrets never leave, not even when a whole map is gone or the server refuses the comparison', () => {
  const secret = (data: unknown, fields: KubeObject['metadata']['managedFields'] = []) => ({ ...object({ data }, fields), kind: 'Secret' });
  const found = compareDrift(secret({ a: 'czNjcjN0' }, [owned({ 'f:data': { 'f:a': {} } })]), secret(undefined), 'slipway').drifted;
  expect(found).toMatchObject([{ path: 'data.a', wanted: '***' }]);
  expect(JSON.stringify(subsetDrift(secret({ a: 'czNjcjN0' }), secret({ a: 'b3RoZXI=' })))).not.toMatch(/czNjcjN0|b3RoZXI=/);
});

test('the fingerprint of an object with a generation ignores its status, and nothing else', () => {
  const metadata = { name: 'x', uid: 'u', generation: 2, resourceVersion: '1', labels: { a: '1' } };
  expect(fingerprint({ ...metadata, resourceVersion: '2' })).toBe(fingerprint(metadata));
  expect(fingerprint({ ...metadata, generation: 3 })).not.toBe(fingerprint(metadata));
  expect(fingerprint({ ...metadata, labels: {} })).not.toBe(fingerprint(metadata));
  expect(fingerprint({ ...metadata, uid: 'v' })).not.toBe(fingerprint(metadata));
  const { generation: _generation, ...without } = metadata;
  expect(fingerprint({ ...without, resourceVersion: '2' })).not.toBe(fingerprint(without));
});
