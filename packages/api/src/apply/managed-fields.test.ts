import type { ApiObject, ObjectMeta } from '@slipway/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalSets, fromFieldsV1, pathsOf, toFieldsV1, withNamedFields } from './field-set.ts';
import { applyConfiguration, type Ownership, type Parts, trackUpdate } from './managed-fields.ts';
import { objectShape } from './shape.ts';
import { fieldsOf } from './typed.ts';

const keyed = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] };
const shape = objectShape({
  spec: {
    type: 'object',
    properties: {
      a: { type: 'integer' },
      b: { type: 'object', properties: { c: { type: 'integer' }, d: { type: 'integer' }, e: { type: 'integer' } } },
      atomic: { type: 'array', items: { type: 'integer' } },
      set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      items: {
        type: 'array',
        ...keyed,
        items: { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer' }, note: { type: 'string' } } },
      },
      free: { type: 'object', additionalProperties: { type: 'string' } },
      whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
      any: {},
    },
  },
  status: { type: 'object', properties: { phase: { type: 'string' } } },
});
const rules = (manager: string, subresource?: string): Ownership => ({
  shape,
  versions: new Map(),
  writer: { manager, apiVersion: 'slipway.dev/v1', subresource, time: '2026-01-01T00:00:00Z' },
});
const object = (parts: Parts): ApiObject =>
  ({ apiVersion: 'slipway.dev/v1', kind: 'T', ...parts, spec: parts.spec ?? {}, metadata: { name: 't', ...parts.metadata } }) as ApiObject;

/** One apply onto a live object, as the API does it. */
function apply(live: ApiObject | undefined, manager: string, config: Parts, force = false): ApiObject {
  return object(applyConfiguration(rules(manager), { live, config, force }));
}

/** One update of a live object, as the API does it. */
function edit(live: ApiObject, manager: string, parts: Parts, subresource?: string): ApiObject {
  const next = { ...live, ...parts, metadata: { ...live.metadata, ...parts.metadata } } as ApiObject;
  return object({ ...next, metadata: { ...next.metadata, managedFields: trackUpdate(rules(manager, subresource), live, next) } });
}

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly fieldsV1: unknown;
  readonly subresource?: string;
}
const entry = (live: ApiObject, manager: string, operation = 'Apply'): Entry | undefined =>
  (live.metadata.managedFields as Entry[]).find((one) => one.manager === manager && one.operation === operation);

describe('server-side apply', () => {
  it('what the same manager no longer names goes, what others own stays', () => {
    const one = apply(undefined, 'one', { spec: { a: 1, b: { c: 2, d: 3 }, atomic: [1, 2] } });
    const two = apply(one, 'two', { spec: { b: { d: 3, e: 4 } } });
    expect(apply(two, 'one', { spec: { a: 1 } }).spec).toEqual({ a: 1, b: { d: 3, e: 4 } });
  });

  it('an atomic list or map is one value: named whole, owned whole', () => {
    const one = apply(undefined, 'one', { spec: { atomic: [1, 2], whole: { x: 'y' } } });
    expect(() => apply(one, 'two', { spec: { atomic: [1, 2, 3] } })).toThrow('.spec.atomic');
    expect(() => apply(one, 'two', { spec: { whole: { z: 'y' } } })).toThrow('.spec.whole');
    expect(apply(one, 'two', { spec: { atomic: [1, 2] } }).spec).toEqual({ atomic: [1, 2], whole: { x: 'y' } });
  });

  it('a keyed list is merged by key: each manager has its own items and its own fields of a shared item', () => {
    const one = apply(undefined, 'one', { spec: { items: [{ name: 'x', size: 1 }, { name: 'y' }] } });
    const two = apply(one, 'two', { spec: { items: [{ name: 'z' }, { name: 'x', note: 'two' }] } });
    expect(two.spec).toEqual({ items: [{ name: 'z' }, { name: 'x', size: 1, note: 'two' }, { name: 'y' }] });
    expect(entry(two, 'two')?.fieldsV1).toEqual({
      'f:spec': {
        'f:items': {
          'k:{"name":"x"}': { '.': {}, 'f:name': {}, 'f:note': {} },
          'k:{"name":"z"}': { '.': {}, 'f:name': {} },
        },
      },
    });
    expect(() => apply(two, 'two', { spec: { items: [{ name: 'x', size: 2 }] } })).toThrow(
      'conflict with "one": .spec.items[name="x"].size',
    );
    // `one` lets go of both: y was its own, of x only the size was.
    expect(apply(two, 'one', { spec: {} }).spec).toEqual({ items: [{ name: 'z' }, { name: 'x', note: 'two' }] });
  });

  it('sets and finalizers: each manager has its own members', () => {
    const one = apply(undefined, 'one', { metadata: { finalizers: ['a.b/x'] }, spec: { set: ['p', 'q'] } });
    const two = apply(one, 'two', { metadata: { finalizers: ['a.b/y'] }, spec: { set: ['q', 'r'] } });
    expect([two.metadata.finalizers, two.spec]).toEqual([['a.b/x', 'a.b/y'], { set: ['p', 'q', 'r'] }]);
    const gone = apply(two, 'one', { spec: {} });
    expect([gone.metadata.finalizers, gone.spec]).toEqual([['a.b/y'], { set: ['q', 'r'] }]);
  });

  it('an update takes fields from an applier, who then conflicts', () => {
    const one = apply(undefined, 'one', { spec: { a: 1, b: { c: 1 } } });
    const edited = edit(one, 'editor', { spec: { a: 2, b: { c: 1 } } });
    expect(entry(edited, 'editor', 'Update')?.fieldsV1).toEqual({ 'f:spec': { 'f:a': {} } });
    expect(() => apply(edited, 'one', { spec: { a: 1, b: { c: 1 } } })).toThrow('conflict with "editor" using slipway.dev/v1: .spec.a');
    expect(apply(edited, 'one', { spec: { b: { c: 1 } } }).spec).toEqual({ a: 2, b: { c: 1 } });
    const forced = apply(edited, 'one', { spec: { a: 1, b: { c: 1 } } }, true);
    expect([forced.spec, entry(forced, 'editor', 'Update')]).toEqual([{ a: 1, b: { c: 1 } }, undefined]);
  });

  it('an update that removes a field ends everybody’s ownership of it', () => {
    const both = apply(apply(undefined, 'one', { spec: { a: 1 } }), 'two', { spec: { a: 1, b: { c: 1 } } });
    const edited = edit(both, 'editor', { spec: { b: { c: 1 } } });
    expect([entry(edited, 'one'), entry(edited, 'two')?.fieldsV1]).toEqual([undefined, { 'f:spec': { 'f:b': { 'f:c': {} } } }]);
  });

  it('ownership moves: the new owner applies the same value, the old one lets go, and the field stays', () => {
    const one = apply(undefined, 'one', { spec: { a: 1, b: { c: 1 } } });
    const shared = apply(one, 'two', { spec: { a: 1 } });
    const moved = apply(shared, 'one', { spec: { b: { c: 1 } } });
    expect([moved.spec, entry(moved, 'one')?.fieldsV1, entry(moved, 'two')?.fieldsV1]).toEqual([
      { a: 1, b: { c: 1 } },
      { 'f:spec': { 'f:b': { 'f:c': {} } } },
      { 'f:spec': { 'f:a': {} } },
    ]);
  });

  it('what nobody owned stays when an applier lets go of what is around it', () => {
    const live = object({ spec: { a: 1, b: { c: 1, d: 2 } }, metadata: { managedFields: [] } });
    const one = apply(live, 'one', { spec: { b: { c: 1 } } });
    expect(entry(one, 'before-first-apply', 'Update')).toBeDefined();
    expect(apply(one, 'one', { spec: {} }).spec).toEqual({ a: 1, b: { c: 1, d: 2 } });
  });

  it('an empty map is an opinion that the field is there, not about what is in it', () => {
    const one = apply(undefined, 'one', { spec: { free: {} } });
    const two = apply(one, 'two', { spec: { free: { k: 'v' } } });
    expect(two.spec).toEqual({ free: { k: 'v' } });
    expect(apply(two, 'one', { spec: { free: {} } }).spec).toEqual({ free: { k: 'v' } });
  });

  it('status has managers of its own: neither side takes the other’s fields', () => {
    const one = apply(undefined, 'one', { spec: { a: 1 }, status: { phase: 'ignored' } });
    expect(entry(one, 'one')?.fieldsV1).toEqual({ 'f:spec': { 'f:a': {} } });
    // The API stores no status that came with an apply of the object itself.
    const reported = edit(object({ ...one, status: undefined }), 'controller', { status: { phase: 'Ready' } }, 'status');
    expect(entry(reported, 'controller', 'Update')).toMatchObject({
      subresource: 'status',
      fieldsV1: { 'f:status': { '.': {}, 'f:phase': {} } },
    });
    const result = applyConfiguration(rules('other', 'status'), {
      live: reported,
      config: { spec: { a: 9 }, status: { phase: 'Ready' } },
      force: false,
    });
    expect((result.metadata.managedFields as Entry[]).find(({ manager }) => manager === 'other')).toMatchObject({
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:phase': {} } },
    });
  });

  it('kubectl moves from client-side to server-side apply without a conflict, and its annotation follows', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const config = { metadata: { name: 't' }, spec: { a: 1 } };
    const created = object({ metadata: { annotations: { [annotation]: JSON.stringify(config) } }, spec: { a: 1 } });
    const live = object({
      ...created,
      metadata: { ...created.metadata, managedFields: trackUpdate(rules('kubectl-client-side-apply'), undefined, created) },
    });
    const applied = apply(live, 'kubectl', { metadata: { name: 't' }, spec: { a: 2 } });
    expect(applied.spec).toEqual({ a: 2 });
    expect(JSON.parse(applied.metadata.annotations?.[annotation] ?? '')).toMatchObject({ spec: { a: 2 } });
    // Somebody else’s change is a conflict all the same.
    const edited = edit(live, 'editor', { spec: { a: 5 } });
    expect(() => apply(edited, 'kubectl', { metadata: { name: 't' }, spec: { a: 2 } })).toThrow('"editor"');
  });

  it('owners of a list that became atomic own it whole', () => {
    const item = { manager: 'one', operation: 'Apply', apiVersion: 'slipway.dev/v1', fieldsType: 'FieldsV1' };
    const fieldsV1 = { 'f:spec': { 'f:atomic': { 'k:{"name":"x"}': { '.': {}, 'f:name': {} } } } };
    const live = object({ spec: { atomic: [1] }, metadata: { managedFields: [{ ...item, fieldsV1 }] } });
    expect(() => apply(live, 'two', { spec: { atomic: [2] } })).toThrow('conflict with "one": .spec.atomic');
  });

  it('keeps at most ten updaters: the oldest become one', () => {
    let live = object({ spec: {}, metadata: { labels: { first: 'x' } } });
    live = object({ ...live, metadata: { ...live.metadata, managedFields: trackUpdate(rules('w0'), undefined, live) } });
    for (let n = 1; n < 14; n++)
      live = edit(live, `w${n}`, { metadata: { labels: { ...live.metadata.labels, [`l${n}`]: 'x' } } as ObjectMeta });
    const managers = (live.metadata.managedFields as Entry[]).map(({ manager }) => manager);
    expect([managers.length, managers.includes('ancient-changes')]).toEqual([10, true]);
  });

  const leaf = fc.integer({ min: 0, max: 2 });
  const spec = fc.record(
    {
      a: leaf,
      b: fc.record({ c: leaf, d: leaf, e: leaf }, { requiredKeys: [] }).filter((map) => Object.keys(map).length > 0),
      atomic: fc.array(leaf, { minLength: 1, maxLength: 2 }),
      set: fc.uniqueArray(fc.constantFrom('p', 'q', 'r'), { minLength: 1 }),
      items: fc.uniqueArray(fc.record({ name: fc.constantFrom('x', 'y', 'z'), size: leaf }, { requiredKeys: ['name'] }), {
        minLength: 1,
        selector: ({ name }) => name,
      }),
      free: fc.dictionary(fc.constantFrom('k', 'l'), fc.constantFrom('v', 'w'), { minKeys: 1 }),
      any: fc.oneof(fc.constant('text'), fc.dictionary(fc.constantFrom('m', 'n'), leaf, { minKeys: 1 })),
    },
    { requiredKeys: [] },
  );
  /** Order of items that are told apart by key or value is not part of the promise. */
  const unordered = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.toSorted((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1))
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === 'atomic' ? item : unordered(item)]))
        : value;

  it('alone, applying gives exactly the configuration, whatever was applied before; twice changes nothing', () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const after = apply(apply(undefined, 'one', { spec: first }), 'one', { spec: second });
        expect(unordered(after.spec)).toEqual(unordered(second));
        expect(apply(after, 'one', { spec: second })).toEqual(after);
      }),
    );
  });

  it('forced, a manager gets what it names; letting go of all leaves what the other named', () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const after = apply(apply(undefined, 'one', { spec: first }), 'two', { spec: second }, true);
        const wanted = fieldsOf(shape, { spec: second });
        const has = new Set(pathsOf(withNamedFields(fieldsOf(shape, { spec: after.spec }), shape)).map(String));
        expect(pathsOf(wanted).filter((path) => !has.has(String(path)))).toEqual([]);
        expect(unordered(apply(after, 'one', { spec: {} }).spec)).toEqual(unordered(second));
      }),
    );
  });

  it('field sets survive the way to JSON and back', () => {
    fc.assert(
      fc.property(spec, (value) => {
        const set = fieldsOf(shape, { spec: value, metadata: { finalizers: ['a', 'b'], ownerReferences: [{ uid: 'u' }] } });
        const back = fromFieldsV1(JSON.parse(JSON.stringify(toFieldsV1(set))));
        expect(back !== undefined && equalSets(back, set)).toBe(true);
      }),
    );
  });
});
