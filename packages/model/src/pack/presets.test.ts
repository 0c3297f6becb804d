import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepEqual, isRecord } from '../meta/diff.ts';
import { effectiveValues, mergeValues, type Values } from '../meta/merge-values.ts';
import { splitPath, valueAt, withoutValueAt, withValueAt } from '../meta/value-path.ts';
import { packMetadataSchema } from './metadata.ts';
import { applyPreset, startingValues } from './presets.ts';

const metadata = packMetadataSchema.parse({
  defaults: { values: { replicas: 2, host: '{{ .var.host }}' } },
  presets: [
    { name: 'ha', group: 'size', values: { replicas: 3 } },
    { name: 'small', group: 'size', values: { replicas: 1 }, remove: ['resources.limits'] },
    { name: 'tls', group: 'security', values: { tls: { enabled: true } }, remove: ['hosts[0]', 'args["a.b"]'] },
  ],
});
const values = { replicas: 1, resources: { limits: { cpu: 1 }, requests: { cpu: 1 } }, hosts: ['a', 'b'], args: { 'a.b': 1, c: 2 } };
const pack = { metadata, values };

describe('presets', () => {
  it('lie over what the pack gives every layer, in the order they are named', () => {
    expect(startingValues(pack, [], 'preset').values).toEqual({ replicas: 2, host: '{{ .var.host }}' });
    expect(startingValues(pack, ['ha', 'tls'], 'preset')).toEqual({
      values: { replicas: 3, host: '{{ .var.host }}', tls: { enabled: true }, hosts: ['b'], args: { 'a.b': null } },
      causes: [],
    });
  });

  it('take away what the chart itself has: its templates do not see it', () => {
    const { values: started } = startingValues(pack, ['small'], 'preset');
    expect(started).toMatchObject({ replicas: 1, resources: { limits: null } });
    expect(effectiveValues(values, started)['resources']).toEqual({ requests: { cpu: 1 } });
  });

  it('take away a map and something in it: the map is gone, in whichever order they are named', () => {
    for (const remove of [
      ['a', 'a.b'],
      ['a.b', 'a'],
    ])
      expect(effectiveValues({ a: { b: 1 } }, applyPreset({ a: { b: 1 } }, {}, { values: {}, remove }))).toEqual({});
    expect(applyPreset({ a: { b: 1 } }, { a: 'x' }, { values: {}, remove: ['a.b'] })).toEqual({ a: 'x' });
  });

  it('are refused when unknown, or when two are of one group', () => {
    expect(startingValues(pack, ['huge'], 'spec.layers[0].preset').causes).toEqual([
      { field: 'spec.layers[0].preset[0]', reason: 'FieldValueInvalid', message: 'the pack has no preset "huge"; it has: ha, small, tls' },
    ]);
    expect(startingValues(pack, ['ha', 'small'], 'p').causes).toEqual([
      { field: 'p[1]', reason: 'FieldValueDuplicate', message: '"small" and "ha" are both of the group "size"; choose one of them' },
    ]);
  });
});

const key = fc.constantFrom('a', 'b', 'c.d', '__proto__', 'hosts');
const { tree } = fc.letrec<{ tree: Values; node: unknown }>((tie) => ({
  node: fc.oneof({ maxDepth: 3 }, fc.constantFrom(1, 'x', true), fc.array(fc.constantFrom(1, 2, 3), { maxLength: 3 }), tie('tree')),
  tree: fc.array(fc.tuple(key, tie('node')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
}));
const path = fc.constantFrom('a', 'a.b', 'b.a.b', 'hosts[0]', 'a.hosts[1]', '["c.d"]', 'a["c.d"].b');

describe('values', () => {
  it('merge: with nothing nothing changes, twice is once, and what lies over is seen', () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        expect(deepEqual(mergeValues(a, {}), a)).toBe(true);
        expect(deepEqual(mergeValues({}, a), a)).toBe(true);
        expect(deepEqual(mergeValues(mergeValues(a, b), b), mergeValues(a, b))).toBe(true);
        for (const [name, value] of Object.entries(b))
          if (!isRecord(value)) expect(deepEqual(valueAt(mergeValues(a, b), [name]), value)).toBe(true);
      }),
    );
  });

  it('a preset chosen twice is chosen once, unless it takes items from lists; what it removed and does not set is not seen by templates', () => {
    fc.assert(
      fc.property(tree, tree, tree, fc.array(path, { maxLength: 3 }), (defaults, start, set, paths) => {
        const remove = paths.filter((one) => !one.includes('['));
        const once = applyPreset(defaults, start, { values: set, remove });
        expect(deepEqual(applyPreset(defaults, once, { values: set, remove }), once)).toBe(true);
        const seen = effectiveValues(defaults, applyPreset(defaults, start, { values: {}, remove }));
        for (const one of remove) expect(valueAt(seen, splitPath(one) ?? [])).toBeUndefined();
      }),
    );
  });

  it('a path leads to what was put there, and to nothing after it was taken away', () => {
    fc.assert(
      fc.property(tree, path, (value, text) => {
        const steps = splitPath(text) ?? [];
        const put = withValueAt(value, steps, 'here');
        if (!steps.some((step) => typeof step === 'number')) {
          expect(valueAt(put, steps)).toBe('here');
          expect(valueAt(withoutValueAt(put, steps), steps)).toBeUndefined();
        }
      }),
    );
  });

  it.each(['', '.a', 'a.', 'a..b', 'a[', 'a[x]', '["a]', 'a b'])('"%s" is read as a path only when it is one', (text) => {
    expect(splitPath(text)).toEqual(text === '' ? [] : undefined);
  });
});
