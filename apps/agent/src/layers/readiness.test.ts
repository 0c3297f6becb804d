import type { KubeObject } from '@slipway/kube';
import { expect, test } from 'vitest';
import { hasReadiness, podTrouble, readiness } from './readiness.ts';

const object = (apiVersion: string, kind: string, rest: Record<string, unknown>, generation = 1): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', generation },
  ...rest,
});
const ready = (type: string, status: string, message = '', reason = 'Because') => ({ conditions: [{ type, status, reason, message }] });

const cases: [string, KubeObject, string][] = [
  ['a config map', object('v1', 'ConfigMap', {}), 'ready'],
  ['a new deployment', object('apps/v1', 'Deployment', { spec: { replicas: 1 } }), 'waiting for its controller to see the change'],
  [
    'an old status',
    object(
      'apps/v1',
      'Deployment',
      { spec: {}, status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 } },
      2,
    ),
    'waiting for its controller to see the change',
  ],
  [
    'unavailable',
    object('apps/v1', 'Deployment', {
      spec: { replicas: 2 },
      status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 1 },
    }),
    '1 of 2 pods available',
  ],
  [
    'old pods',
    object('apps/v1', 'Deployment', {
      spec: { replicas: 1 },
      status: { observedGeneration: 1, replicas: 2, updatedReplicas: 1, availableReplicas: 2 },
    }),
    '1 old pods still there',
  ],
  ['scaled to zero', object('apps/v1', 'Deployment', { spec: { replicas: 0 }, status: { observedGeneration: 1 } }), 'ready'],
  [
    'deadline',
    object('apps/v1', 'Deployment', {
      spec: {},
      status: { observedGeneration: 1, ...ready('Progressing', 'False', 'timed out', 'ProgressDeadlineExceeded') },
    }),
    'timed out',
  ],
  [
    'no pods may be made',
    object('apps/v1', 'Deployment', { spec: {}, status: { observedGeneration: 1, ...ready('ReplicaFailure', 'True', 'exceeded quota') } }),
    'exceeded quota',
  ],
  [
    'a daemon set nobody looked at',
    object('apps/v1', 'DaemonSet', { status: { observedGeneration: 1 } }),
    'not looked at by its controller yet',
  ],
  [
    'a daemon set',
    object('apps/v1', 'DaemonSet', {
      status: { observedGeneration: 1, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 },
    }),
    '2 of 3 pods available',
  ],
  [
    'a stateful set in rollout',
    object('apps/v1', 'StatefulSet', {
      spec: { replicas: 1 },
      status: { observedGeneration: 1, readyReplicas: 1, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
    }),
    'waiting for the rollout to finish',
  ],
  ['a failed job', object('batch/v1', 'Job', { spec: {}, status: ready('Failed', 'True', 'backoff limit') }), 'backoff limit'],
  ['a done job', object('batch/v1', 'Job', { spec: {}, status: ready('Complete', 'True') }), 'ready'],
  ['a definition', object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { status: ready('Established', 'True') }), 'ready'],
  [
    'an API service',
    object('apiregistration.k8s.io/v1', 'APIService', { status: ready('Available', 'False', 'no endpoints') }),
    'no endpoints',
  ],
  ['a claim that waits for its consumer', object('v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } }), 'ready'],
  ['a custom resource without status', object('example.com/v1', 'Thing', {}), 'ready'],
  [
    'a custom resource that is not ready',
    object('example.com/v1', 'Thing', { status: ready('Ready', 'False', 'waits for X') }),
    'waits for X',
  ],
  ['something going', { ...object('v1', 'ConfigMap', {}), metadata: { name: 'x', deletionTimestamp: 'now' } }, 'is being deleted'],
];
test.each(cases)('%s', (_name, subject, expected) => {
  const state = readiness(subject);
  expect(state.ready ? 'ready' : state.reason).toBe(expected);
});

test('what keeps a pod from running, in the words of kubelet and scheduler', () => {
  const pod = (status: Record<string, unknown>) => object('v1', 'Pod', { status });
  const waiting = { name: 'app', state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' } } };
  expect(podTrouble(pod({ containerStatuses: [waiting] }))).toBe('ImagePullBackOff: Back-off pulling image "x"');
  const crashing = {
    name: 'app',
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 3, reason: 'Error' } },
  };
  expect(podTrouble(pod({ containerStatuses: [crashing] }))).toBe('CrashLoopBackOff (last exit code 3, Error)');
  expect(podTrouble(pod({ containerStatuses: [{ name: 'a', state: { waiting: { reason: 'ContainerCreating' } } }] }))).toBeUndefined();
  expect(podTrouble(pod(ready('PodScheduled', 'False', '0/1 nodes are available')))).toBe('0/1 nodes are available');
});

test('only kinds that can be unready are asked for', () => {
  expect(hasReadiness({ apiVersion: 'v1', kind: 'ConfigMap' })).toBe(false);
  expect(hasReadiness({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' })).toBe(false);
  expect(hasReadiness({ apiVersion: 'apps/v1', kind: 'Deployment' })).toBe(true);
  expect(hasReadiness({ apiVersion: 'cert-manager.io/v1', kind: 'Certificate' })).toBe(true);
});
