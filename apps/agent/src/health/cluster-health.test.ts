import { expect, test } from 'vitest';
import { clusterHealth, type HealthInput } from './cluster-health.ts';
import { nodeFact } from './node-fact.ts';

const node = (name: string, ready: string, more: Record<string, unknown> = {}) =>
  nodeFact({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'node-role.kubernetes.io/control-plane': '' } },
    status: {
      nodeInfo: { kubeletVersion: 'v1.36.3' },
      addresses: [
        { type: 'Hostname', address: name },
        { type: 'InternalIP', address: '10.0.0.1' },
      ],
      conditions: [{ type: 'Ready', status: ready, reason: 'KubeletNotReady', message: 'container runtime is down' }],
    },
    ...more,
  });
const input = (more: Partial<HealthInput>): HealthInput => ({
  nodes: [node('n1', 'True')],
  corePods: [],
  layers: [],
  now: 't2',
  before: [],
  ...more,
});

test('a node in the words of the facts', () => {
  expect(node('n1', 'True')).toEqual({
    name: 'n1',
    ready: true,
    reason: '',
    kubeletVersion: 'v1.36.3',
    roles: ['control-plane'],
    addresses: ['10.0.0.1'],
  });
  expect(node('n1', 'Unknown').reason).toBe('container runtime is down');
  expect(node('n1', 'True', { spec: { unschedulable: true } }).reason).toBe('Cordoned.');
});

test('healthy only when nodes, core pods and layers are; the first trouble is in Ready', () => {
  expect(clusterHealth(input({})).healthy).toBe(true);
  expect(clusterHealth(input({ nodes: [] })).conditions[0]).toMatchObject({ type: 'Ready', status: 'False', reason: 'NoNodes' });
  const sick = clusterHealth(
    input({ nodes: [node('n1', 'True'), node('n2', 'False')], corePods: [{ name: 'coredns', ready: false, reason: 'CrashLoopBackOff' }] }),
  );
  expect(sick.healthy).toBe(false);
  expect(sick.conditions[0]?.message).toBe('n2: container runtime is down');
  expect(sick.conditions.find((condition) => condition.type === 'CorePodsReady')?.message).toBe('coredns: CrashLoopBackOff');
});

test('the time of a condition moves only with its status', () => {
  const before = clusterHealth(input({ now: 't1' })).conditions;
  expect(clusterHealth(input({ before })).conditions.map((condition) => condition.lastTransitionTime)).toEqual(before.map(() => 't1'));
  const after = clusterHealth(input({ before, nodes: [node('n1', 'False')] })).conditions;
  expect(after.filter((condition) => condition.lastTransitionTime === 't2').map((condition) => condition.type)).toEqual([
    'Ready',
    'NodesReady',
  ]);
});
