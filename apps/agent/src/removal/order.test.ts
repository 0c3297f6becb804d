import type { ObjectId } from '@slipway/model';
import { expect, test } from 'vitest';
import { removalPhases } from './remove-objects.ts';
import { goesAfter, type LayerStone } from './removal-scope.ts';

const id = (apiVersion: string, kind: string): ObjectId => ({ apiVersion, kind, name: kind.toLowerCase() });
const stone = (layer: string, dependsOn: string[] = []): LayerStone => ({
  type: 'layer',
  id: layer,
  layer,
  namespace: layer,
  objects: [],
  dependsOn,
});

test('custom resources go while what acts on them still runs, definitions after them, namespaces by a rule of their own', () => {
  const phases = removalPhases([
    id('v1', 'Namespace'),
    id('apiextensions.k8s.io/v1', 'CustomResourceDefinition'),
    id('v1', 'ServiceAccount'),
    id('apps/v1', 'Deployment'),
    id('example.org/v1', 'Database'),
    id('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'),
  ]);
  expect(phases.map((group) => group.map(({ kind }) => kind))).toEqual([
    ['ValidatingWebhookConfiguration'],
    ['Database'],
    ['Deployment'],
    ['ServiceAccount'],
    ['CustomResourceDefinition'],
  ]);
});

test('a layer goes after those that depended on it; of two that depended on each other the first of the plan goes first', () => {
  const [base, top, other] = [stone('base'), stone('top', ['base']), stone('other')];
  const all = [base, top, other];
  expect(all.map((one) => goesAfter(one, all))).toEqual(['top', undefined, undefined]);
  const [a, b] = [stone('a', ['b']), stone('b', ['a'])];
  expect([a, b].map((one) => goesAfter(one, [a, b]))).toEqual([undefined, 'a']);
});
