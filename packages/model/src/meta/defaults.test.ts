import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { kinds } from '../kinds.ts';
import { withDefaults } from './defaults.ts';

describe('what an earlier Slipway stored', () => {
  const kind = {
    spec: z.strictObject({
      name: z.string(),
      mode: z.enum(['a', 'b']).default('a'),
      size: z.strictObject({ cpu: z.number().default(1), tags: z.array(z.string()).default([]) }).prefault({}),
      items: z.array(z.strictObject({ id: z.string(), on: z.boolean().default(true) })).default([]),
      byName: z.record(z.string(), z.strictObject({ weight: z.number().default(5) })).default({}),
      place: z
        .discriminatedUnion('type', [
          z.strictObject({ type: z.literal('near') }),
          z.strictObject({ type: z.literal('far'), miles: z.number().default(9) }),
        ])
        .optional(),
    }),
  };

  it('gets what it does not say, at every depth', () => {
    const stored = { name: 'x', items: [{ id: '1' }, { id: '2', on: false }], byName: { k: {} }, place: { type: 'far' } };
    expect(withDefaults(kind, stored)).toEqual({
      name: 'x',
      mode: 'a',
      size: { cpu: 1, tags: [] },
      items: [
        { id: '1', on: true },
        { id: '2', on: false },
      ],
      byName: { k: { weight: 5 } },
      place: { type: 'far', miles: 9 },
    });
    expect(stored.items[0], 'what is stored is not touched').toEqual({ id: '1' });
  });

  it('is given back as it is when nothing is missing, also when it does not fit', () => {
    const whole = kind.spec.parse({ name: 'x', items: [{ id: '1' }] });
    expect(withDefaults(kind, whole)).toBe(whole);
    expect(withDefaults(kind, { ...whole, items: 'broken', size: 7 })).toMatchObject({ items: 'broken', size: 7 });
    expect(withDefaults(kind, null)).toBeNull();
  });

  it('is what its schema makes of it, for any part of it', () => {
    const stored = fc.record(
      {
        name: fc.constant('x'),
        mode: fc.constantFrom('a', 'b'),
        size: fc.record({ cpu: fc.nat(), tags: fc.array(fc.string()) }, { requiredKeys: [] }),
        items: fc.array(fc.record({ id: fc.string(), on: fc.boolean() }, { requiredKeys: ['id'] })),
        byName: fc.dictionary(fc.constantFrom('k', 'l'), fc.record({ weight: fc.nat() }, { requiredKeys: [] })),
      },
      { requiredKeys: ['name'] },
    );
    fc.assert(fc.property(stored, (spec) => void expect(withDefaults(kind, spec)).toEqual(kind.spec.parse(spec))));
  });

  it('can be read for every kind', () => {
    for (const served of kinds) expect(() => withDefaults(served, {}), served.kind).not.toThrow();
  });
});
