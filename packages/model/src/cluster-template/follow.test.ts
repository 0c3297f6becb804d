import { describe, expect, it } from 'vitest';
import { clusterSpecSchema } from '../cluster/cluster.ts';
import { markOf, withMark } from '../rollout/mark.ts';
import { rolloutSpecSchema } from '../rollout/rollout.ts';
import { clusterTemplateSpecSchema } from './cluster-template.ts';
import { isCurrent, nextRollout, outdated } from './follow.ts';

const template = {
  spec: clusterTemplateSpecSchema.parse({ profile: { name: 'base', version: '2.0.0' }, addons: [{ name: 'web', version: '1.0.0' }] }),
};
const cluster = (uid: string, base: string, web?: string) => ({
  metadata: { uid, name: uid, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
  apiVersion: 'slipway.dev/v1',
  kind: 'Cluster',
  spec: clusterSpecSchema.parse({
    profile: { name: 'base', version: base },
    addons: [{ name: 'own', version: '9.0.0' }, ...(web === undefined ? [] : [{ name: 'web', version: web }])],
  }),
});
const rollout = (uid: string, phase: string, target: { name: string; version: string }) => ({
  apiVersion: 'slipway.dev/v1',
  kind: 'Rollout',
  metadata: { uid, name: uid, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: rolloutSpecSchema.parse({ target }),
  status: { phase } as never,
});
const mark = (of: ReturnType<typeof cluster>, uid: string) =>
  withMark(of, {
    uid,
    name: uid,
    of: { scope: 'tenant', name: 'base' },
    wave: 'rest',
    from: '1.0.0',
    to: '2.0.0',
    at: '2026-01-01T00:00:00Z',
    refused: 'x',
  });

describe('clusters that follow a template', () => {
  it('are current with the profile and the add-ons of the template, whatever else they have', () => {
    expect(isCurrent(cluster('a', '2.0.0', '1.0.0').spec, template.spec)).toBe(true);
    expect(isCurrent(cluster('a', '2.0.0').spec, template.spec)).toBe(false);
    expect(isCurrent(cluster('a', '1.0.0', '1.0.0').spec, template.spec)).toBe(false);
  });

  it('go to the profile first, then to the add-ons', () => {
    const both = [cluster('a', '1.0.0'), cluster('b', '2.0.0', '1.0.0')];
    expect(
      outdated(
        both.map(({ spec }) => spec),
        template.spec,
      ).map(({ name }) => name),
    ).toEqual(['base', 'web']);
    expect(nextRollout({ template, clusters: both, rollouts: [], markOf })).toMatchObject({ target: { name: 'base' }, round: 0 });
    expect(nextRollout({ template, clusters: [cluster('a', '2.0.0')], rollouts: [], markOf })).toMatchObject({ target: { name: 'web' } });
    expect(nextRollout({ template, clusters: [cluster('a', '2.0.0', '1.0.0')], rollouts: [], markOf })).toBeUndefined();
  });

  it('are not tried again by themselves; one that was attached since is, unless a person ended the rollout', () => {
    const tried = mark(cluster('a', '1.0.0'), 'r1');
    const done = rollout('r1', 'Completed', { name: 'base', version: '2.0.0' });
    const onlyBase = { spec: { ...template.spec, addons: [] } };
    expect(nextRollout({ template: onlyBase, clusters: [tried], rollouts: [done], markOf })).toBeUndefined();
    expect(nextRollout({ template: onlyBase, clusters: [tried, cluster('b', '1.0.0')], rollouts: [done], markOf })).toMatchObject({
      round: 1,
    });
    const ended = rollout('r1', 'Aborted', { name: 'base', version: '2.0.0' });
    expect(nextRollout({ template: onlyBase, clusters: [tried, cluster('b', '1.0.0')], rollouts: [ended], markOf })).toBeUndefined();
    const next = { spec: { ...onlyBase.spec, profile: { ...template.spec.profile, version: '2.1.0' } } };
    expect(nextRollout({ template: next, clusters: [tried], rollouts: [ended], markOf })).toMatchObject({
      target: { version: '2.1.0' },
      round: 0,
    });
  });
});
