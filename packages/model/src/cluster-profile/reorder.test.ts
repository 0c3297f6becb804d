import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LAYER_TYPES } from './layer-types.ts';
import type { Layer } from './layer.ts';
import { effectiveOrder, moveLayer } from './reorder.ts';

type Small = Pick<Layer, 'name' | 'type' | 'dependsOn' | 'priority'>;
const layer = (name: string, type: Layer['type'], more: Partial<Small> = {}): Small => ({
  name,
  type,
  dependsOn: [],
  priority: 0,
  ...more,
});
const STACK = [
  layer('os', 'os'),
  layer('kubernetes', 'kubernetes'),
  layer('cni', 'cni'),
  layer('db', 'addon'),
  layer('metrics', 'addon'),
  layer('rules', 'addon'),
  layer('web', 'addon', { dependsOn: ['metrics'] }),
];
const names = (layers: readonly Small[]) => effectiveOrder(layers).map(({ name }) => name);
const moved = (name: string, to: number, layers = STACK) => moveLayer(layers, name, to);

it('moves a layer among its like by its own priority alone', () => {
  const up = moved('rules', 3);
  if (!up.ok) throw new Error(up.why);
  expect(names(up.layers)).toEqual(['os', 'kubernetes', 'cni', 'rules', 'db', 'metrics', 'web']);
  expect(up.layers.filter(({ priority }) => priority !== 0)).toEqual([expect.objectContaining({ name: 'rules', priority: -1 })]);
  // Still written where they were.
  expect(up.layers.map(({ name }) => name)).toEqual(STACK.map(({ name }) => name));
});

it('says why an order cannot be', () => {
  expect(moved('db', 1)).toEqual({
    ok: false,
    why: 'Layers of type cni are installed before those of type addon, so "db" cannot go before "cni".',
  });
  expect(moved('web', 3)).toEqual({
    ok: false,
    why: '"web" waits for "metrics", so it cannot go before it. Remove that dependency first.',
  });
  expect(moved('metrics', 6)).toMatchObject({ ok: false, why: expect.stringContaining('"web" waits for "metrics"') });
  const through = [layer('a', 'addon'), layer('b', 'addon', { dependsOn: ['a'] }), layer('c', 'addon', { dependsOn: ['b'] })];
  expect(
    moved(
      'c',
      0,
      through.map((one) => (one.name === 'b' ? { ...one, dependsOn: ['a'] } : one)),
    ),
  ).toMatchObject({ ok: false });
  expect(moveLayer([layer('a', 'addon'), layer('z', 'addon', { dependsOn: ['a'] })], 'nobody', 0)).toEqual({
    ok: false,
    why: 'There is no layer "nobody".',
  });
});

it('a move that is allowed gives exactly the order that was asked for, and one that is refused breaks a type or a dependency', () => {
  const stacks = fc
    .array(
      fc.record({
        type: fc.constantFrom(...LAYER_TYPES),
        priority: fc.integer({ min: -3, max: 3 }),
        on: fc.array(fc.nat(8), { maxLength: 2 }),
      }),
      {
        minLength: 2,
        maxLength: 9,
      },
    )
    .map((parts) =>
      parts.map(({ type, priority, on }, index): Small => ({
        name: `l${index}`,
        type,
        priority,
        // On earlier ones of the same or an earlier type only, so that the stack itself is right.
        dependsOn: [...new Set(on)].flatMap((at) =>
          at < index && LAYER_TYPES.indexOf(parts[at]?.type ?? 'addon') <= LAYER_TYPES.indexOf(type) ? [`l${at}`] : [],
        ),
      })),
    );
  fc.assert(
    fc.property(stacks, fc.nat(8), fc.nat(8), (layers, which, to) => {
      const before = names(layers);
      const name = before[which % before.length] ?? '';
      const at = to % before.length;
      const wanted = before.filter((one) => one !== name).toSpliced(at, 0, name);
      const result = moveLayer(layers, name, at);
      const legal = wanted.every((one, index) => {
        const layer = layers.find((other) => other.name === one) as Small;
        const later = wanted.slice(index + 1).map((other) => layers.find((candidate) => candidate.name === other) as Small);
        return later.every(
          (other) => LAYER_TYPES.indexOf(other.type) >= LAYER_TYPES.indexOf(layer.type) && !layer.dependsOn.includes(other.name),
        );
      });
      expect(result.ok).toBe(legal);
      if (result.ok) expect(names(result.layers)).toEqual(wanted);
    }),
    { numRuns: 2000 },
  );
});
