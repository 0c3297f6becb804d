import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterSpec, ClusterStatus } from '../cluster/cluster.ts';
import { clusterSpecSchema, clusterStatusSchema } from '../cluster/cluster.ts';
import type { ApiObject } from '../meta/object.ts';
import { isFinished, nextStep } from './next-step.ts';
import { withMark, markOf, type RolloutMark } from './mark.ts';
import { rolloutMembers } from './members.ts';
import { rolloutSpecSchema, type RolloutSpec, type RolloutStatus } from './rollout.ts';
import { rolloutStatus } from './status.ts';
import { withVersion } from './target.ts';

const START = Date.parse('2026-11-28T00:00:00Z');
const TARGET = { scope: 'tenant' as const, name: 'base', version: '2.0.0' };

type ClusterObject = ApiObject<ClusterSpec, ClusterStatus>;

/** A fleet in which a cluster that is moved becomes Ready, or does not. */
function createFleet(count: number, spec: Partial<Record<keyof RolloutSpec, unknown>>, isBad: (index: number) => boolean) {
  let now = START;
  const time = () => new Date(now).toISOString();
  const metadata = { name: 'go', uid: 'rollout', resourceVersion: '1', generation: 1, creationTimestamp: time() };
  const rollout: ApiObject<RolloutSpec, RolloutStatus> = {
    apiVersion: 'slipway.dev/v1',
    kind: 'Rollout',
    metadata,
    spec: rolloutSpecSchema.parse({ target: TARGET, gates: { readyMinutes: 5, timeoutMinutes: 30 }, ...spec }),
  };
  const ready = (cluster: ClusterObject, status: 'True' | 'False'): ClusterObject => ({
    ...cluster,
    status: clusterStatusSchema.parse({
      observedGeneration: cluster.metadata.generation,
      conditions: [{ type: 'Ready', status, reason: 'Test', message: status === 'True' ? '' : 'is broken', lastTransitionTime: time() }],
    }),
  });
  const clusters = Array.from({ length: count }, (_, index) =>
    ready(
      {
        apiVersion: 'slipway.dev/v1',
        kind: 'Cluster',
        metadata: { ...metadata, name: `c${index}`, namespace: 'default', uid: `uid-${index}` },
        spec: clusterSpecSchema.parse({ profile: { name: 'base', version: '1.0.0' } }),
      },
      'True',
    ),
  );
  const members = () => rolloutMembers({ rollout, clusters, check: () => undefined, policies: new Map(), now: time() });
  const put = (cluster: ClusterObject) => void clusters.splice(Number(cluster.metadata.uid.slice(4)), 1, cluster);
  const moveTo = (cluster: ClusterObject, version: string, mark: RolloutMark) => {
    const spec2 = withVersion(cluster.spec, TARGET, version);
    const next = { ...withMark(cluster, mark), spec: spec2 };
    put({ ...next, metadata: { ...next.metadata, generation: next.metadata.generation + 1 } });
  };

  /** What one run of the controller does, then what agents do. */
  function step() {
    for (const { cluster, progress } of members())
      if (progress.verdict && progress.mark) put(withMark(cluster, { ...progress.mark, ...progress.verdict }));
    const decision = nextStep({ spec: rollout.spec, status: rollout.status, members: members(), window: undefined });
    for (const { cluster, wave } of decision.move)
      moveTo(cluster, '2.0.0', {
        uid: 'rollout',
        name: 'go',
        of: { scope: 'tenant', name: 'base' },
        wave: rollout.spec.waves[wave]?.name ?? '',
        from: '1.0.0',
        to: '2.0.0',
        at: time(),
      });
    for (const { cluster, progress } of decision.back) if (progress.mark) moveTo(cluster, '1.0.0', { ...progress.mark, back: time() });
    const after = members();
    const next = nextStep({ spec: rollout.spec, status: rollout.status, members: after, window: undefined });
    rollout.status = rolloutStatus({ rollout, members: after, step: next, now: time() });
    return decision;
  }
  function agents() {
    clusters.forEach((cluster, index) => {
      if ((cluster.status?.observedGeneration ?? 0) >= cluster.metadata.generation) return;
      put(ready(cluster, cluster.spec.profile.version === '2.0.0' && isBad(index) ? 'False' : 'True'));
    });
  }
  return {
    rollout,
    clusters,
    members,
    step,
    agents,
    pass: (minutes: number) => void (now += minutes * 60_000),
    time,
    set: (change: Partial<RolloutSpec>) => void Object.assign(rollout.spec, change),
    run(rounds: number) {
      for (let round = 0; round < rounds; round++) {
        step();
        agents();
        now += 60_000;
      }
    },
    versions: () => clusters.map(({ spec: { profile } }) => profile.version),
  };
}

describe('a rollout', () => {
  it('moves the canary, waits until it has been Ready long enough, then the rest, never more than allowed at once', () => {
    const fleet = createFleet(6, { maxConcurrent: 2 }, () => false);
    fleet.run(3);
    expect(fleet.versions().filter((version) => version === '2.0.0')).toHaveLength(1);
    expect(fleet.rollout.status).toMatchObject({ phase: 'Progressing', wave: 'canary', counts: { total: 6, moving: 1, waiting: 5 } });
    fleet.run(5);
    expect(fleet.versions().filter((version) => version === '2.0.0')).toHaveLength(3);
    fleet.run(30);
    expect(fleet.rollout.status).toMatchObject({ phase: 'Completed', message: '6 of 6 clusters are there.', counts: { done: 6 } });
  });

  it('halts when a cluster is not Ready in time, says which and why, and goes on when that was mended and resumed', () => {
    const fleet = createFleet(6, { maxConcurrent: 2 }, () => true);
    fleet.run(60);
    expect(fleet.rollout.status?.phase).toBe('Halted');
    expect(fleet.rollout.status?.message).toMatch(/^default\/c\d failed: not done after 30 minutes: is broken Mend it and resume/);
    expect(fleet.versions().filter((version) => version === '2.0.0')).toHaveLength(1);
    const [bad] = fleet.members().filter(({ progress }) => progress.state === 'Failed');
    fleet.clusters.splice(Number(bad?.cluster.metadata.uid.slice(4)), 1, {
      ...(bad?.cluster as ClusterObject),
      status: clusterStatusSchema.parse({
        observedGeneration: 99,
        conditions: [{ type: 'Ready', status: 'True', reason: 'Mended', message: '', lastTransitionTime: fleet.time() }],
      }),
    });
    fleet.run(10);
    expect(fleet.rollout.status?.phase).toBe('Halted');
    fleet.set({ resumedAt: fleet.time() });
    fleet.run(7);
    expect(fleet.rollout.status?.phase).toBe('Progressing');
    expect(fleet.rollout.status?.wave).toBe('rest');
  });

  it('takes everybody back that it moved when it fails and is to roll back, and is then over', () => {
    const fleet = createFleet(
      6,
      { maxConcurrent: 3, onFailure: 'rollback', waves: [{ name: 'all', percent: 100 }] },
      (index) => index === 4,
    );
    fleet.run(120);
    expect(fleet.versions()).toEqual(Array.from({ length: 6 }, () => '1.0.0'));
    expect(fleet.rollout.status?.phase).toBe('RolledBack');
    fleet.set({ resumedAt: fleet.time() });
    fleet.run(10);
    expect(fleet.versions()).toEqual(Array.from({ length: 6 }, () => '1.0.0'));
  });

  it('puts up with as many failures as it may', () => {
    const fleet = createFleet(6, { maxConcurrent: 2, maxFailures: 1 }, (index) => index === 2);
    fleet.run(200);
    expect(fleet.rollout.status).toMatchObject({ phase: 'Completed', counts: { done: 5, failed: 1 } });
  });

  it('pauses, aborts and stays aborted; what has begun is left alone', () => {
    const fleet = createFleet(6, { maxConcurrent: 1 }, () => false);
    fleet.run(2);
    fleet.set({ paused: true });
    fleet.run(20);
    expect(fleet.rollout.status).toMatchObject({ phase: 'Paused', counts: { done: 1, waiting: 5 } });
    fleet.set({ paused: false, aborted: true });
    fleet.run(20);
    expect(fleet.rollout.status).toMatchObject({ phase: 'Aborted', counts: { done: 1, waiting: 5 } });
  });

  it('waits for the release of a wave that is not automatic', () => {
    const waves = [
      { name: 'canary', count: 1 },
      { name: 'rest', percent: 100, automatic: false },
    ];
    const fleet = createFleet(4, { waves }, () => false);
    fleet.run(20);
    expect(fleet.rollout.status).toMatchObject({ phase: 'WaitingForRelease', counts: { done: 1 } });
    fleet.set({ release: ['rest'] });
    fleet.run(20);
    expect(fleet.rollout.status?.phase).toBe('Completed');
  });

  it('leaves a cluster alone that somebody else moved meanwhile, or that a later rollout took up', () => {
    const fleet = createFleet(3, { maxConcurrent: 1 }, () => false);
    fleet.run(2);
    const [moving] = fleet.members().filter(({ progress }) => progress.mark);
    const taken = moving?.cluster as ClusterObject;
    fleet.clusters.splice(Number(taken.metadata.uid.slice(4)), 1, { ...taken, spec: withVersion(taken.spec, TARGET, '1.5.0') });
    const other = fleet.clusters.find((cluster) => markOf(cluster) === undefined) as ClusterObject;
    const mark = markOf(taken) as RolloutMark;
    fleet.clusters.splice(
      Number(other.metadata.uid.slice(4)),
      1,
      withMark(other, { ...mark, uid: 'later', name: 'later', at: fleet.time() }),
    );
    fleet.run(30);
    expect(fleet.rollout.status).toMatchObject({ phase: 'Completed', message: '1 of 3 clusters are there; 2 skipped.' });
    expect(fleet.versions().toSorted()).toEqual(['1.0.0', '1.5.0', '2.0.0']);
  });

  it('whatever fails and is resumed: waves keep their order, room is kept, nothing moves after the halt, and it ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 1, max: 4 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 13 }), { maxLength: 4 }),
        fc.boolean(),
        (count, maxConcurrent, broken, rollback) => {
          const bad = [...broken];
          const waves = [
            { name: 'one', count: 2 },
            { name: 'two', percent: 60 },
            { name: 'three', percent: 100 },
          ];
          const fleet = createFleet(count, { waves, maxConcurrent, onFailure: rollback ? 'rollback' : 'halt' }, (index) =>
            bad.includes(index),
          );
          for (let round = 0; round < 600 && !isFinished(fleet.rollout.status?.phase); round++) {
            const before = fleet.rollout.status?.phase;
            const { move } = fleet.step();
            if (before === 'Halted' || before === 'RollingBack') expect(move).toEqual([]);
            const now = fleet.members();
            const moving = now.filter(({ progress }) => progress.state === 'Moving' || progress.state === 'Settling');
            expect(moving.length).toBeLessThanOrEqual(maxConcurrent);
            const [first] = move;
            if (first) expect(now.filter(({ wave, progress }) => wave < first.wave && progress.state === 'Waiting')).toEqual([]);
            fleet.agents();
            fleet.pass(1);
            if (fleet.rollout.status?.phase === 'Halted') {
              bad.length = 0;
              fleet.clusters.forEach((cluster) => (cluster.status = clusterStatusSchema.parse({ observedGeneration: 0 })));
              fleet.set({ resumedAt: fleet.time() });
            }
          }
          expect(isFinished(fleet.rollout.status?.phase)).toBe(true);
          const all = new Set(fleet.versions());
          expect(all.size).toBe(1);
        },
      ),
      { numRuns: 60 },
    );
  });
});
