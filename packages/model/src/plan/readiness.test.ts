import { expect, test } from 'vitest';
import { planLayerSchema } from './cluster-plan.ts';
import { checkReadiness, gateSubject, knownGates, readinessGateSchema, readinessSchema, type ReadinessGate } from './readiness.ts';

const available: ReadinessGate = {
  type: 'condition',
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name: 'web',
  condition: 'Available',
  status: 'True',
};
const layer = {
  name: 'web',
  type: 'addon',
  namespace: 'web',
  dependsOn: [],
  drift: 'heal',
  timeoutSeconds: 60,
  content: { type: 'manifests', objects: [] },
};

test('a condition is True unless told, and what a gate does not have is refused', () => {
  const { status: _status, ...short } = available;
  expect(readinessGateSchema.parse(short)).toEqual(available);
  expect(readinessGateSchema.safeParse({ ...available, expression: 'true' }).success).toBe(false);
  expect(readinessGateSchema.safeParse({ ...available, type: 'webhook' }).success).toBe(false);
  expect(readinessSchema.safeParse(Array.from({ length: 21 }, () => available)).success).toBe(false);
});

test('a plan without gates is what it was, and one with a gate from the future is still a plan', () => {
  expect(planLayerSchema.parse(layer)).toEqual(layer);
  const probe = { type: 'probe', url: 'https://web.example' };
  const parsed = planLayerSchema.parse({ ...layer, readiness: [available, probe] });
  expect(parsed.readiness).toEqual([available, probe]);
  expect(knownGates(parsed.readiness ?? [])).toEqual({ known: [available], unknown: ['probe'] });
  // A known type with a field of a newer version is not judged by half.
  expect(knownGates([{ ...available, negate: true }])).toEqual({ known: [], unknown: ['condition'] });
});

test('every mistake is a cause with its path', () => {
  const causes = checkReadiness(
    [
      available,
      { ...available, apiVersion: 'apps', kind: 'deployment', namespace: 'a b' },
      { ...available, atLeast: 2, selector: 'app=web' },
      { type: 'expression', apiVersion: 'v1', kind: 'Pod', selector: 'app in web', expression: 'object.status.phase = "Running"' },
      { type: 'expression', apiVersion: 'v1', kind: 'Pod', selector: ',', expression: 'object.status.phase' },
    ],
    'spec.layers[0].readiness',
  );
  expect(causes.map(({ field }) => field)).toEqual([
    'spec.layers[0].readiness[1].apiVersion',
    'spec.layers[0].readiness[1].kind',
    'spec.layers[0].readiness[1].namespace',
    'spec.layers[0].readiness[2].selector',
    'spec.layers[0].readiness[2].atLeast',
    'spec.layers[0].readiness[3].selector',
    'spec.layers[0].readiness[3].expression',
    'spec.layers[0].readiness[4].selector',
  ]);
  expect(causes[6]?.message).toMatch(/^is not a usable CEL expression: Unexpected/);
  expect(checkReadiness([available], 'x')).toEqual([]);
});

test('gates are called by what they look at', () => {
  expect(gateSubject(available)).toBe('Deployment web');
  expect(gateSubject({ ...available, name: undefined, selector: 'app=db', namespace: 'data' })).toBe(
    'Deployment with app=db in namespace data',
  );
  expect(gateSubject({ ...available, name: undefined })).toBe('every Deployment');
});
