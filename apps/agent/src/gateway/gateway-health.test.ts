import { expect, test } from 'vitest';
import { gatewayHealth, type GatewayHealthInput } from './gateway-health.ts';

const fine: GatewayHealthInput = {
  apiServer: { ok: true, message: '' },
  controllers: [{ name: 'capi', trouble: undefined }],
  now: '2026-01-01T00:00:00Z',
  before: [],
};
const said = (input: Partial<GatewayHealthInput>) => {
  const { healthy, conditions } = gatewayHealth({ ...fine, ...input });
  return [healthy, ...conditions.map(({ type, status, reason, message }) => `${type} ${status} ${reason} ${message}`.trim())];
};

test('it is well when the API server answers and Cluster API is there and works', () => {
  expect(said({})).toEqual([true, 'Ready True Healthy', 'ApiServerReady True Answers', 'ControllersReady True AllReady']);
});

test('the worst trouble is said first', () => {
  const trouble = { controllers: [...fine.controllers, { name: 'kubeadm', trouble: '0 of 1 pods are ready' }] };
  expect(said({ controllers: [] })[1]).toBe('Ready False ControllersNotReady Cluster API is not installed yet.');
  expect(said(trouble).slice(1)).toEqual([
    'Ready False ControllersNotReady kubeadm: 0 of 1 pods are ready',
    'ApiServerReady True Answers',
    'ControllersReady False NotReady kubeadm: 0 of 1 pods are ready',
  ]);
  expect(said({ ...trouble, apiServer: { ok: false, message: 'refused' } }).slice(0, 3)).toEqual([
    false,
    'Ready False ApiServerDown refused',
    'ApiServerReady False NoAnswer refused',
  ]);
});

test('a condition keeps the time of its last change of status', () => {
  const before = gatewayHealth({ ...fine, controllers: [] }).conditions;
  const later = gatewayHealth({ ...fine, now: '2026-01-02T00:00:00Z', before }).conditions;
  expect(later.map((condition) => condition.lastTransitionTime.slice(0, 10))).toEqual(['2026-01-02', '2026-01-01', '2026-01-02']);
});
