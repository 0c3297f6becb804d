import type { KubeObject } from '@slipway/kube';
import { expect, test } from 'vitest';
import { type ClusterView, provisionFacts } from './facts.ts';

const machine = (name: string, controlPlane: boolean, status: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  kind: 'Machine',
  metadata: {
    name,
    uid: `uid-${name}`,
    labels: controlPlane ? { 'cluster.x-k8s.io/control-plane': '' } : { 'slipway.dev/pool': 'workers' },
    ...metadata,
  },
  spec: { version: 'v1.35.4' },
  status,
});
const made = { initialization: { bootstrapDataSecretCreated: true, infrastructureProvisioned: true } };
const ready = { ...made, phase: 'Running', nodeRef: { name: 'x' } };

const cluster = (initialised: boolean): KubeObject => ({
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  kind: 'Cluster',
  metadata: { name: 'dev' },
  spec: { controlPlaneEndpoint: { host: '10.88.0.200', port: 6443 } },
  status: { phase: 'Provisioned', initialization: { infrastructureProvisioned: true, controlPlaneInitialized: initialised } },
});

const view = (changes: Partial<ClusterView>): ClusterView => ({
  wanted: { clusterUid: 'u', name: 'dev' },
  cluster: cluster(true),
  controlPlane: undefined,
  deployments: [],
  machines: [],
  appliedHash: undefined,
  agentInstalled: true,
  deletion: 'none',
  trouble: undefined,
  ...changes,
});

test.each<[string, Partial<ClusterView>, string]>([
  ['nothing applied yet', { cluster: undefined }, 'Cluster API to take up cluster dev'],
  ['no load balancer', { cluster: { ...cluster(false), status: {} } }, 'the load balancer of dev'],
  [
    'first control plane boots while a worker waits',
    { cluster: cluster(false), machines: [machine('dev-w', false, {}), machine('dev-cp', true, made)] },
    'kubeadm init on dev-cp',
  ],
  ['a worker joins', { machines: [machine('dev-cp', true, ready), machine('dev-w', false, made)] }, 'kubeadm join on dev-w'],
  [
    'a machine waits for its toolchain',
    {
      machines: [
        machine('dev-w', false, {
          initialization: { bootstrapDataSecretCreated: true },
          conditions: [{ type: 'InfrastructureReady', status: 'Unknown', message: 'compiling (12 of 400 packages)' }],
        }),
      ],
    },
    'compiling (12 of 400 packages)',
  ],
  [
    'a dead machine comes before one that joins',
    {
      machines: [
        machine('dev-w1', false, made),
        machine('dev-w2', false, { ...ready, conditions: [{ type: 'InfrastructureReady', status: 'False', message: 'Its init ended.' }] }),
      ],
    },
    'the replacement of dev-w2: Its init ended.',
  ],
  ['the agent', { agentInstalled: false, machines: [machine('dev-cp', true, ready)] }, 'the API server of dev to take the agent'],
  ['trouble', { trouble: 'quota' }, 'quota'],
  ['deletion', { deletion: 'running', machines: [machine('dev-w', false, ready)] }, '1 machine of dev to be removed'],
  ['all done', { machines: [machine('dev-cp', true, ready)] }, ''],
])('waits for: %s', (_name, changes, words) => {
  expect(provisionFacts(view(changes)).waitingFor).toBe(words);
});

test('phases and endpoint', () => {
  expect(provisionFacts(view({}))).toMatchObject({ phase: 'Provisioned', endpoint: 'https://10.88.0.200:6443' });
  expect(provisionFacts(view({ deletion: 'running' })).phase).toBe('Deleting');
  expect(provisionFacts(view({ deletion: 'done', cluster: undefined }))).toMatchObject({ phase: 'Deleted', waitingFor: '' });
  expect(provisionFacts(view({ cluster: undefined })).phase).toBe('Pending');
});
