import { describe, expect, it } from 'vitest';
import type { ClusterSpec } from '../cluster/cluster.ts';
import { patchOf, plannedOf } from '../cluster/spec-write.ts';
import type { MachinePoolSpec } from '../machine-pool/machine-pool.ts';
import type { ApiObject } from '../meta/object.ts';
import type { Answer } from './answers.ts';
import type { OverrideMerge } from './merge-stack.ts';
import { moveSteps, moveWrites } from './move-writes.ts';
import { answersOf, questionsOf } from './questions.ts';

const metadata = (name: string) => ({ name, namespace: 'default', uid: name, generation: 1, resourceVersion: '1', creationTimestamp: '' });
const override = (values: object) => ({ values: values as Record<string, unknown>, decisions: {} });
const cluster = {
  metadata: metadata('shop'),
  spec: {
    profile: { scope: 'system', name: 'own', version: '1.0.0' },
    addons: [],
    overrides: { kubernetes: override({ kubelet: { maxPods: 60, podsPerCore: 5 } }), old: override({ a: { b: 1 } }) },
  } as unknown as ClusterSpec,
} as unknown as ApiObject<ClusterSpec>;
const pool = {
  metadata: metadata('shop-large'),
  spec: { cluster: 'shop', replicas: 1, overrides: { kubernetes: override({ kubelet: { maxPods: 65 } }) } },
} as unknown as ApiObject<MachinePoolSpec>;

const path = (path: string, outcome: 'conflict' | 'orphan' | 'stays', mine: unknown) => ({ path, outcome, mine });
const merges: OverrideMerge[] = [
  {
    layer: 'kubernetes',
    from: '1.0.0',
    at: '1.0.0',
    to: '1.1.0',
    paths: [path('kubelet.maxPods', 'conflict', 60), path('kubelet.podsPerCore', 'orphan', 5)],
  },
  { layer: 'old', from: '1.0.0', at: '1.0.0', to: '', gone: true, paths: [path('a.b', 'orphan', 1)] },
  { pool: 'shop-large', layer: 'kubernetes', from: '1.0.0', at: '1.0.0', to: '1.1.0', paths: [path('kubelet.maxPods', 'conflict', 65)] },
];
const target = { scope: 'system', name: 'own', version: '1.1.0' } as const;
const questions = questionsOf(merges);
const move = (given: Parameters<typeof answersOf>[1]) => ({
  cluster,
  pools: [pool],
  target,
  merges,
  answers: answersOf(questions, given),
});

describe('what a move asks', () => {
  it('is every conflict, then everything that has no place any more', () => {
    expect(questions.map(({ about, name }) => `${about} ${name}`)).toEqual([
      'conflict kubernetes.kubelet.maxPods',
      'conflict shop-large/kubernetes.kubelet.maxPods',
      'orphan kubernetes.kubelet.podsPerCore',
      'orphan old.a.b',
    ]);
  });

  it('writes what was said: another value is kept, what was let go is gone, and what was kept stays', () => {
    const [moved, large] = moveWrites(
      move(
        new Map<string, Answer>([
          ['kubernetes.kubelet.maxPods', { value: 80 }],
          ['kubernetes.kubelet.podsPerCore', 'drop'],
          ['shop-large/kubernetes.kubelet.maxPods', 'take'],
          ['old.a.b', 'drop'],
        ]),
      ),
    );
    expect(moved?.spec).toMatchObject({
      profile: target,
      overrides: {
        kubernetes: { values: { kubelet: { maxPods: 80 } }, madeFor: '1.1.0', decisions: { 'kubelet.maxPods': 'keep' } },
      },
    });
    expect(Object.keys((moved!.spec as ClusterSpec).overrides)).toEqual(['kubernetes']);
    expect(patchOf(moved!).spec).toMatchObject({
      overrides: { kubernetes: { values: { kubelet: { maxPods: 80, podsPerCore: null } } }, old: null },
    });
    expect(plannedOf(moved!)).toMatchObject({
      kind: 'Cluster',
      metadata: { name: 'shop', namespace: 'default' },
      spec: patchOf(moved!).spec,
    });
    expect(large?.spec).toMatchObject({
      overrides: { kubernetes: { values: { kubelet: { maxPods: 65 } }, decisions: { 'kubelet.maxPods': 'take' } } },
    });
  });

  it('keeps what has no place without a word about it', () => {
    const [moved] = moveWrites(move(new Map<string, Answer>([['kubernetes.kubelet.podsPerCore', 'keep']])));
    expect((moved!.spec as ClusterSpec).overrides['kubernetes']).toMatchObject({
      values: { kubelet: { maxPods: 60, podsPerCore: 5 } },
      decisions: {},
    });
  });

  it('decides about pools before the cluster moves, and changes their values after it', () => {
    const steps = moveSteps(move(new Map<string, Answer>([['shop-large/kubernetes.kubelet.maxPods', { value: 90 }]])));
    expect(steps.map(({ kind }) => kind)).toEqual(['MachinePool', 'Cluster', 'MachinePool']);
    expect(steps.map((step) => patchOf(step).spec)).toMatchObject([
      { overrides: { kubernetes: { madeFor: '1.1.0', decisions: { 'kubelet.maxPods': 'keep' } } } },
      { profile: { version: '1.1.0' } },
      { overrides: { kubernetes: { values: { kubelet: { maxPods: 90 } } } } },
    ]);
    expect(JSON.stringify(patchOf(steps[0]!))).not.toContain('90');
    expect(moveSteps(move(new Map())).map(({ kind }) => kind)).toEqual(['MachinePool', 'Cluster']);
  });
});
