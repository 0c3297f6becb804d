import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveProfile } from '../cluster-profile/resolve.ts';
import type { ResolvedLayer } from '../cluster-profile/resolved.ts';
import { alone, configMap, KUBERNETES, profileVersion } from '../cluster-profile/test-profiles.ts';
import type { ClusterPlan, PlanLayer } from '../plan/cluster-plan.ts';
import { clusterTombstones, type TombstoneInput } from './tombstones.ts';

type Content = { chart: string } | { manifests: string[] };

const layersOf = (wanted: Record<string, Content & { namespace?: string }>): readonly ResolvedLayer[] =>
  resolveProfile({
    variables: {},
    profiles: alone(
      profileVersion([
        KUBERNETES,
        ...Object.entries(wanted).map(([name, { namespace = 'apps', ...content }]) => ({
          name,
          namespace,
          type: 'addon' as const,
          ...('chart' in content ? { chart: { registry: 'r', name: content.chart, version: '1.0.0' } } : { manifests: content.manifests }),
        })),
      ]),
    ),
  }).layers;

const published = (layers: readonly ResolvedLayer[], more: Partial<ClusterPlan> = {}): ClusterPlan => ({
  kind: 'ClusterPlan',
  clusterUid: 'uid',
  cluster: 'dev',
  project: 'p',
  revision: 7,
  profile: { name: 'p', version: '1' },
  kubernetesVersion: 'v1.35.4',
  tombstones: [],
  ...more,
  layers: layers.map((layer): PlanLayer => ({
    ...layer,
    dependsOn: [...layer.dependsOn],
    drift: 'heal',
    content:
      layer.content.type === 'chart'
        ? { type: 'chart', release: layer.name, name: layer.content.name, version: layer.content.version, digest: 'sha256:x', values: {} }
        : layer.content.type === 'manifests'
          ? { type: 'manifests', objects: [...layer.content.objects] }
          : { type: 'builtin', version: layer.content.version },
  })),
});

const judge = (input: Partial<TombstoneInput>) =>
  clusterTombstones({ clusterUid: 'uid', previous: undefined, wanted: [], inventory: [], done: new Set(), approvals: [], ...input });

function of(input: Partial<TombstoneInput>) {
  const result = judge(input);
  if (!result.ok) throw new Error(result.message);
  return result.tombstones;
}

const one = { manifests: [configMap('a'), configMap('b')] };
const keep = { keep: { chart: 'keep' } };

describe('tombstones', () => {
  it('name a removed layer with what it made', () => {
    const before = layersOf({ ...keep, one, web: { chart: 'web' } });
    const inventory = [
      {
        name: 'web',
        objects: [
          { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'apps', name: 'web' },
          { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: 'x' },
        ],
      },
    ];
    const tombstones = of({ previous: published(before), wanted: layersOf(keep), inventory });
    expect(tombstones).toMatchObject([
      {
        type: 'layer',
        layer: 'one',
        namespace: 'apps',
        objects: [
          { kind: 'ConfigMap', namespace: 'apps', name: 'a' },
          { kind: 'ConfigMap', namespace: 'apps', name: 'b' },
        ],
      },
      { type: 'layer', layer: 'web', release: 'web', objects: [{ kind: 'Deployment' }] },
    ]);
    expect(tombstones[0]).not.toHaveProperty('release');
  });

  it('say what the layer depended on, so that it goes before that', () => {
    const before = published(layersOf({ ...keep, one, web: { chart: 'web' } }));
    const layers = before.layers.map((layer) => (layer.name === 'web' ? { ...layer, dependsOn: ['kubernetes', 'one'] } : layer));
    const stones = of({ previous: { ...before, layers }, wanted: layersOf(keep) });
    expect(stones).toMatchObject([{ layer: 'one' }, { layer: 'web', dependsOn: ['kubernetes', 'one'] }]);
    // Told again, word for word, until it is done.
    const next = published(layersOf(keep), { tombstones: [...stones], revision: 8 });
    expect(of({ previous: next, wanted: layersOf(keep) })).toEqual(stones);
  });

  it('name a removed object of a manifest layer, and nothing when only its content changed', () => {
    const previous = published(layersOf({ one }));
    expect(of({ previous, wanted: layersOf({ one: { manifests: [configMap('a', 'changed')] } }) })).toMatchObject([
      { type: 'object', layer: 'one', object: { kind: 'ConfigMap', namespace: 'apps', name: 'b' } },
    ]);
    expect(of({ previous, wanted: layersOf({ one: { manifests: [configMap('b', 'x'), configMap('a', 'y')] } }) })).toEqual([]);
  });

  it('never name what another layer has taken over, whatever its API version or namespace spelling', () => {
    const previous = published(layersOf({ ...keep, one }));
    expect(of({ previous, wanted: layersOf({ ...keep, two: one }) })).toEqual([]);
    const deployment = (apiVersion: string) => `apiVersion: ${apiVersion}\nkind: Deployment\nmetadata: {name: a}\n`;
    const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n';
    const custom = 'apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: a}\n';
    expect(
      of({
        previous: published(layersOf({ x: { manifests: [deployment('apps/v1beta1')] } })),
        wanted: layersOf({ x: { manifests: [deployment('apps/v1')] } }),
      }),
    ).toEqual([]);
    for (const text of [role, custom]) {
      const moved = {
        previous: published(layersOf({ ...keep, x: { manifests: [text], namespace: 'a' } })),
        wanted: layersOf({ ...keep, y: { manifests: [text], namespace: 'b' } }),
      };
      expect(of(moved), 'a cluster-scoped object, or one that may be, is the same in any layer').toEqual([]);
    }
    const spelled = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: apps}\n';
    expect(
      of({ previous: published(layersOf({ x: { manifests: [configMap('a')] } })), wanted: layersOf({ x: { manifests: [spelled] } }) }),
    ).toEqual([]);
  });

  it('name the objects left in the old namespace when a layer moves, and the old release of a chart that moves', () => {
    const previous = published(layersOf({ ...keep, one, web: { chart: 'web' } }));
    const wanted = layersOf({ ...keep, one: { ...one, namespace: 'elsewhere' }, web: { chart: 'web', namespace: 'elsewhere' } });
    expect(of({ previous, wanted })).toMatchObject([
      { type: 'object', object: { namespace: 'apps', name: 'a' } },
      { type: 'object', object: { namespace: 'apps', name: 'b' } },
      { type: 'layer', release: 'web', namespace: 'apps' },
    ]);
  });

  it('stay until done, and go when what they name is wanted again', () => {
    const before = published(layersOf({ ...keep, one }));
    const first = of({ previous: before, wanted: layersOf(keep) });
    const next = published(layersOf(keep), { revision: 8, tombstones: [...first] });
    expect(of({ previous: next, wanted: layersOf(keep) })).toEqual(first);
    expect(of({ previous: next, wanted: layersOf(keep), done: new Set(first.map(({ id }) => id)) })).toEqual([]);
    expect(of({ previous: next, wanted: layersOf({ ...keep, one }) })).toEqual([]);
    const half = of({ previous: next, wanted: layersOf({ ...keep, other: { manifests: [configMap('b')] } }) });
    expect(half).toMatchObject([{ layer: 'one', objects: [{ name: 'a' }] }]);
  });

  it('of a second removal are not taken for the first, done one', () => {
    const first = of({ previous: published(layersOf({ ...keep, one })), wanted: layersOf(keep) });
    const second = of({
      previous: published(layersOf({ ...keep, one }), { revision: 12 }),
      wanted: layersOf(keep),
      done: new Set(first.map(({ id }) => id)),
    });
    expect(second).toHaveLength(1);
  });

  it('come of nothing without a plan published before for this very cluster', () => {
    expect(of({ wanted: layersOf({ one }) })).toEqual([]);
    expect(
      of({ previous: published(layersOf({ one, ...keep }), { clusterUid: 'another of the same name' }), wanted: layersOf(keep) }),
    ).toEqual([]);
  });

  it('are refused when every layer would go, unless that is approved', () => {
    const previous = published(layersOf({ one, ...keep }));
    const refused = judge({ previous, wanted: layersOf({}) });
    expect(refused).toMatchObject({ ok: false, reason: 'WouldRemoveEverything' });
    if (refused.ok) return;
    expect(refused.message).toContain(refused.approval);
    expect(of({ previous, wanted: layersOf({}), approvals: [refused.approval] })).toHaveLength(2);
    expect(
      judge({ previous: published(layersOf({ ...keep })), wanted: layersOf({}), approvals: [refused.approval] }).ok,
      'an approval is bound to what it was given for',
    ).toBe(false);
  });

  it('never name anything that is wanted, for any two profiles', () => {
    const contents = fc.dictionary(
      fc.constantFrom('l1', 'l2', 'l3', 'l4'),
      fc.oneof(
        fc.record({ chart: fc.constantFrom('x', 'y'), namespace: fc.constantFrom('n1', 'n2') }),
        fc.record({
          manifests: fc.uniqueArray(fc.constantFrom(...['a', 'b', 'c'].map((name) => configMap(name))), { maxLength: 3 }),
          namespace: fc.constantFrom('n1', 'n2'),
        }),
      ),
    );
    fc.assert(
      fc.property(contents, contents, (before, after) => {
        const wanted = layersOf(after);
        const result = judge({ previous: published(layersOf(before)), wanted });
        if (!result.ok) return;
        const live = new Set(
          wanted.flatMap(({ name, namespace, content }) =>
            content.type === 'manifests'
              ? content.objects.map((object) => `${namespace}/${(object['metadata'] as { name: string }).name}`)
              : [`release ${namespace}/${name}`],
          ),
        );
        for (const tombstone of result.tombstones) {
          if (tombstone.type === 'layer' && tombstone.release !== undefined)
            expect(live.has(`release ${tombstone.namespace}/${tombstone.release}`)).toBe(false);
          const objects = tombstone.type === 'layer' ? tombstone.objects : tombstone.type === 'object' ? [tombstone.object] : [];
          for (const object of objects) expect(live.has(`${object.namespace}/${object.name}`)).toBe(false);
        }
        expect(of({ previous: published(layersOf(before)), wanted: layersOf(before) })).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
