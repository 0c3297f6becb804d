import fc from 'fast-check';
import type { PlanLayer } from '@slipway/model';
import { expect, test } from 'vitest';
import { applyPhases, blockerOf } from './order.ts';

const layer = (name: string, dependsOn: readonly string[] = []): PlanLayer => ({
  name,
  type: 'addon',
  namespace: 'default',
  dependsOn: [...dependsOn],
  drift: 'heal',
  timeoutSeconds: 1,
  content: { type: 'manifests', objects: [] },
});

/** Any graph over a few names, circles and unknown names among it. */
const graphs = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1 })
  .chain((names) => fc.tuple(...names.map((name) => fc.subarray(['a', 'b', 'c', 'd', 'e', 'f']).map((needs) => layer(name, needs)))));

test('running whatever is not blocked ends with every layer either Ready or named as impossible or behind an impossible one', () => {
  fc.assert(
    fc.property(graphs, (layers) => {
      const ready = new Set<string>();
      for (;;) {
        const next = layers.filter((one) => !ready.has(one.name) && blockerOf(one, layers, (name) => ready.has(name)) === undefined);
        if (next.length === 0) break;
        for (const one of next) {
          // Never before what it needs.
          expect(one.dependsOn.every((name) => ready.has(name))).toBe(true);
          ready.add(one.name);
        }
      }
      const impossible = layers.filter((one) => blockerOf(one, layers, (name) => ready.has(name))?.type === 'impossible');
      for (const one of layers) {
        if (ready.has(one.name) || impossible.includes(one)) continue;
        const behind = blockerOf(one, layers, (name) => ready.has(name));
        expect(behind?.type).toBe('waiting');
      }
      if (ready.size < layers.length) expect(impossible.length).toBeGreaterThan(0);
    }),
  );
});

test('a circle is told with its way round, also by layers that only wait for it', () => {
  const layers = [layer('a', ['b']), layer('b', ['a']), layer('c', ['a'])];
  expect(blockerOf(layers[0]!, layers, () => false)).toEqual({
    type: 'impossible',
    message: 'Layers depend on each other in a circle: a → b → a.',
  });
  expect(blockerOf(layers[2]!, layers, () => false)).toEqual({ type: 'waiting', on: 'a' });
});

test('phases keep every object, namespaces and definitions first, webhooks last', () => {
  const kinds = [
    'ValidatingWebhookConfiguration',
    'Deployment',
    'Namespace',
    'ConfigMap',
    'CustomResourceDefinition',
    'Anything',
    'APIService',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...kinds)), (chosen) => {
      const objects = chosen.map((kind, index) => ({ kind, index }));
      const phases = applyPhases(objects);
      expect(phases.flat().toSorted((a, b) => a.index - b.index)).toEqual(objects);
      const order = phases.map((phase) => phase[0]!.kind);
      expect(order.indexOf('Namespace')).toBeLessThanOrEqual(0);
      if (order.includes('Namespace') && order.includes('CustomResourceDefinition')) expect(order[1]).toBe('CustomResourceDefinition');
      if (chosen.some((kind) => kind.includes('Webhook')))
        expect(phases.at(-1)!.map((object) => object.kind)).toContain('ValidatingWebhookConfiguration');
    }),
  );
});
