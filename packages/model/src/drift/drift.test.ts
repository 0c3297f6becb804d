import { describe, expect, it } from 'vitest';
import { clusterSpecSchema } from '../cluster/cluster.ts';
import type { DriftFact } from '../plan/facts.ts';
import { adoptable } from './adopt.ts';
import { adoptPatch, ignorePatch, ignoreRule, isReverting, revertPatch, unignorePatch } from './drift-patches.ts';
import { pathSteps, fieldAt } from './drift-path.ts';
import { coveredBy, ignores } from './drift-match.ts';

const fact = (more: Partial<DriftFact> = {}): DriftFact => ({
  layer: 'web',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
  type: 'Changed',
  policy: 'report',
  state: 'Open',
  detectedAt: '2026-11-28T04:00:00Z',
  diff: [{ path: 'spec.replicas', wanted: 2, live: 5 }],
  ...more,
});
const spec = clusterSpecSchema.parse({ profile: { name: 'p', version: '1.0.0' } });

describe('paths', () => {
  it('are read as agents write them', () => {
    expect(pathSteps('spec.containers[name=app].args[0]')).toEqual(['spec', 'containers', { name: 'app' }, 'args', 0]);
    expect(pathSteps('metadata.labels["a.b/c"]')).toEqual(['metadata', 'labels', 'a.b/c']);
    expect(pathSteps('spec..x[')).toBeUndefined();
  });
  it('find what is there, and nothing where there is nothing', () => {
    const object = { spec: { containers: [{ name: 'side' }, { name: 'app', image: 'i' }] }, metadata: { labels: { 'a.b/c': 'x' } } };
    expect(fieldAt(object, 'spec.containers[name=app].image')).toBe('i');
    expect(fieldAt(object, 'metadata.labels["a.b/c"]')).toBe('x');
    expect(fieldAt(object, 'spec.containers[name=none].image')).toBeUndefined();
  });
});

describe('a rule to ignore', () => {
  const rule = ignoreRule(fact(), 'spec.template');
  it('covers its field and what is below, of its object alone', () => {
    expect(ignores(rule, fact().object, 'spec.template.spec.containers[name=a].image')).toBe(true);
    expect(ignores(rule, fact().object, 'spec.templates')).toBe(false);
    expect(ignores(rule, { ...fact().object, name: 'other' }, 'spec.template')).toBe(false);
    expect(ignores(rule, fact().object)).toBe(false);
    expect(ignores(ignoreRule(fact(), undefined), fact().object)).toBe(true);
  });
  it('previews what it would leave alone, open ones only', () => {
    const others = [fact({ layer: 'db' }), fact({ state: 'Healed' })];
    expect(coveredBy(ignoreRule(fact(), 'spec.replicas'), [fact(), ...others])).toEqual([{ fact: fact(), paths: ['spec.replicas'] }]);
    expect(coveredBy(rule, [fact()])).toEqual([]);
  });
  it('is added once and taken back', () => {
    const { spec: with1 } = ignorePatch(spec, [rule]) as { spec: Partial<typeof spec> };
    const both = { ...spec, ...with1 };
    expect(ignorePatch(both, [rule])).toEqual({ spec: { driftIgnored: [rule] } });
    expect(unignorePatch(both, rule)).toEqual({ spec: { driftIgnored: [] } });
    expect(clusterSpecSchema.parse({ ...spec, driftIgnored: [rule] }).driftIgnored).toEqual([rule]);
  });
});

it('reverts the difference that was found, and forgets wishes whose difference is gone', () => {
  const old = { layer: 'web', kind: 'Service', name: 'gone', detectedAt: 'T' };
  const patched = revertPatch({ ...spec, driftReverts: [old] }, [fact()], fact()) as { spec: Partial<typeof spec> };
  expect(patched.spec.driftReverts).toEqual([
    { layer: 'web', kind: 'Deployment', namespace: 'shop', name: 'web', detectedAt: '2026-11-28T04:00:00Z' },
  ]);
  expect(isReverting({ ...spec, ...patched.spec }, fact())).toBe(true);
  expect(isReverting({ ...spec, ...patched.spec }, fact({ detectedAt: 'later' }))).toBe(false);
});

describe('adopting', () => {
  it('finds the one value that gives the field', () => {
    const found = adoptable(fact(), { values: { replicaCount: 2, other: 2, deep: { replicas: 3 } } });
    expect(found).toEqual({ adoptions: [{ field: 'spec.replicas', path: ['replicaCount'], from: 2, to: 5 }] });
    if (!('adoptions' in found)) throw new Error('not adoptable');
    expect(adoptPatch(fact(), found.adoptions)).toEqual({ spec: { overrides: { web: { values: { replicaCount: 5 } } } } });
  });
  it.each([
    [fact({ type: 'Deleted', diff: [] }), { values: {} }, /takes no object away/],
    [fact(), { objects: [] }, /made of manifests/],
    [fact(), { values: { size: 2 } }, /No value of layer web/],
    [fact(), { values: { a: { replicas: 2 }, b: { replicas: 2 } } }, /a\.replicas, b\.replicas/],
    [fact({ diff: [{ path: 'data.key', wanted: '***', live: '***' }] }), { values: { key: '***' } }, /secret/],
    [fact({ diff: [{ path: 'data.key', wanted: 'x' }] }), { values: { key: 'x' } }, /was removed/],
  ])('says why not: %#', (one, told, because) => {
    expect(adoptable(one, told)).toEqual({ because: expect.stringMatching(because) });
  });
});
