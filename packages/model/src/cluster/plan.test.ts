import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveProfile } from '../cluster-profile/resolve.ts';
import { alone, configMap, KUBERNETES, profileVersion } from '../cluster-profile/test-profiles.ts';
import type { ChangePlan } from '../plan/change-plan.ts';
import { clusterSpecSchema } from './cluster.ts';
import { clusterChangePlan, type ClusterPicture } from './plan.ts';

interface Wish {
  readonly kubernetes?: string;
  readonly settings?: Record<string, unknown>;
  readonly layers?: Parameters<typeof profileVersion>[0];
  readonly variables?: Record<string, string>;
  readonly controlPlane?: { replicas: 1 | 3 | 5; size?: { cpu?: number } };
  readonly pools?: readonly (Partial<ClusterPicture['pools'][number]> & { name: string })[];
}

function picture({
  kubernetes = '1.35.4',
  settings = {},
  layers = [],
  variables = {},
  controlPlane = { replicas: 1 },
  pools = [],
}: Wish = {}): ClusterPicture {
  const declared = [{ name: 'dbPassword', default: 'hunter22' }];
  const version = profileVersion([{ ...KUBERNETES, builtin: { name: 'kubernetes', version: kubernetes }, values: settings }, ...layers], {
    variables: declared,
  });
  return {
    name: 'dev',
    spec: clusterSpecSchema.parse({ profile: { name: 'p', version: '1.0.0' }, variables, controlPlane }),
    pools: pools.map((pool) => ({ replicas: 1, size: {}, labels: {}, taints: [], ...pool })),
    profile: resolveProfile({ profiles: alone(version), variables }),
  };
}

const plan = (from: Wish | undefined, to: Wish | undefined): ChangePlan =>
  clusterChangePlan({ current: from && picture(from), desired: to && picture(to) });
const lines = (change: ChangePlan): string[] => change.actions.map((action) => `${action.verb} ${action.target} ${action.impact}`);
const chart = (name: string, version: string, values: Record<string, unknown> = {}) => ({
  name,
  type: 'addon' as const,
  chart: { registry: 'r', name, version },
  values,
});

describe('a change plan', () => {
  it('lists what a new cluster is made of', () => {
    const change = plan(undefined, { pools: [{ name: 'workers', replicas: 2 }], layers: [chart('metrics', '1.0.0')] });
    expect(lines(change)).toEqual(['create cluster dev none', 'create pool workers none', 'create layer metrics none']);
    expect(change.summary).toContain('Kubernetes v1.35.4');
  });

  it('foretells every machine an upgrade replaces, control plane first', () => {
    const pools = [
      { name: 'workers', replicas: 3 },
      { name: 'empty', replicas: 0 },
    ];
    const change = plan({ pools }, { pools, kubernetes: '1.36.3' });
    expect(lines(change)).toEqual(['upgrade control plane repave', 'upgrade pool workers repave']);
    expect(change.actions[1]?.summary).toBe('Move pool workers from Kubernetes v1.35.4 to v1.36.3: 3 machines replaced.');
    expect(change.actions[0]?.reason).toContain('the API pauses');
    expect(change.impact).toBe('repave');
  });

  it('says how many machines come and go when pools scale, and which pool goes', () => {
    const from = {
      pools: [
        { name: 'a', replicas: 1 },
        { name: 'b', replicas: 3 },
        { name: 'c', replicas: 2 },
      ],
    };
    const change = plan(from, { pools: [{ name: 'a', replicas: 3 }, { name: 'b', replicas: 1 }, { name: 'd' }] });
    expect(lines(change)).toEqual(['scale pool a none', 'scale pool b restart', 'create pool d none', 'remove pool c data-loss']);
    expect(change.actions[1]?.summary).toBe('Scale pool b down from 3 to 1: 2 machines drained and removed.');
  });

  it('knows that a size, labels and taints are fixed when a machine is made', () => {
    const change = plan(
      { pools: [{ name: 'a', replicas: 2 }] },
      { controlPlane: { replicas: 3, size: { cpu: 2 } }, pools: [{ name: 'a', replicas: 2, size: { cpu: 4 } }] },
    );
    expect(lines(change)).toEqual(['replace control plane rolling', 'scale control plane none', 'replace pool a rolling']);
    expect(change.actions[2]?.diff).toEqual([{ path: 'spec.size.cpu', to: 4 }]);
    expect(lines(plan({ pools: [{ name: 'a' }] }, { pools: [{ name: 'a', labels: { x: 'y' } }] }))).toEqual(['replace pool a rolling']);
  });

  it('says whose machines are replaced when settings of Kubernetes change', () => {
    const settingsWith = (kubelet: object, pool: object) => ({
      settings: { kubelet },
      pools: [
        { name: 'a', replicas: 2, kubelet: { ...kubelet, ...pool } },
        { name: 'b', replicas: 1, kubelet },
      ],
    });
    const pool = plan(settingsWith({ maxPods: 50 }, {}), settingsWith({ maxPods: 50 }, { maxPods: 20 }));
    expect(lines(pool)).toEqual(['replace pool a rolling']);
    expect(pool.actions[0]?.diff).toEqual([{ path: 'kubelet.maxPods', from: 50, to: 20 }]);
    expect(lines(plan(settingsWith({ maxPods: 50 }, { maxPods: 20 }), settingsWith({ maxPods: 60 }, { maxPods: 20 })))).toEqual([
      'replace control plane rolling',
      'replace pool b rolling',
    ]);
  });

  it('shows layers added, changed with their differences, and removed with what is lost', () => {
    const change = plan(
      {
        layers: [
          chart('a', '1.0.0', { n: 1 }),
          { name: 'gone', type: 'addon', manifests: [configMap('x')] },
          { name: 'data', type: 'addon', manifests: ['apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: d}\n'] },
        ],
      },
      { layers: [chart('a', '1.1.0', { n: 2 }), chart('new', '1.0.0')] },
    );
    expect(lines(change)).toEqual([
      'change layer a restart',
      'create layer new none',
      'remove layer gone restart',
      'remove layer data data-loss',
    ]);
    expect(change.actions[0]?.diff).toEqual([
      { path: 'content.values.n', from: 1, to: 2 },
      { path: 'content.version', from: '1.0.0', to: '1.1.0' },
    ]);
    expect(change.actions[0]?.summary).toBe('Change layer a from chart a 1.0.0 to chart a 1.1.0.');
  });

  it('lists what a deletion takes with it', () => {
    const change = plan({ pools: [{ name: 'workers', replicas: 2 }], layers: [chart('a', '1.0.0')] }, undefined);
    expect(lines(change)).toEqual(['delete cluster dev data-loss']);
    expect(change.actions[0]?.reason).toMatch(/3 machines.*workers.*layers a.*every volume/);
  });

  it('never shows a secret, but shows that it changed', () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {plain: "VALUE"}\n';
    const wish = (value: string): Wish => ({
      variables: { dbPassword: `${value}-in-variable` },
      layers: [
        chart('a', '1.0.0', { url: 'postgres://u:{{ .var.dbPassword }}@db', adminPassword: value, env: [{ name: 'API_TOKEN', value }] }),
        { name: 's', type: 'addon', manifests: [secret.replace('VALUE', value)] },
      ],
    });
    for (const change of [plan(wish('first-secret'), wish('second-secret')), plan(undefined, wish('first-secret'))]) {
      const text = JSON.stringify(change);
      expect(text).not.toMatch(/first-secret|second-secret/);
      expect(text).not.toContain('\\u0000');
    }
    const changed = plan(wish('first-secret'), wish('second-secret')).actions.find((action) => action.target === 'layer a');
    expect(changed?.diff).toEqual([
      { path: 'content.values.adminPassword', from: '***', to: '***' },
      { path: 'content.values.env[0].value', from: '***', to: '***' },
      { path: 'content.values.url', from: 'postgres://u:***@db', to: 'postgres://u:***@db' },
    ]);
  });

  it('of nothing is empty, and is the same whenever it is asked for', () => {
    const wishes: fc.Arbitrary<Wish> = fc.record({
      kubernetes: fc.constantFrom('1.35.4', '1.36.3'),
      controlPlane: fc.record({ replicas: fc.constantFrom(1 as const, 3 as const) }),
      pools: fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c'), replicas: fc.nat(4) }), {
        selector: ({ name }) => name,
        maxLength: 3,
      }),
      layers: fc.uniqueArray(
        fc
          .record({ name: fc.constantFrom('x', 'y', 'z'), version: fc.constantFrom('1', '2') })
          .map(({ name, version }) => chart(name, version)),
        { selector: ({ name }) => name, maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(wishes, wishes, (from, to) => {
        expect(plan(from, from).actions).toEqual([]);
        expect(plan(from, from).impact).toBe('none');
        expect(plan(from, to)).toEqual(plan(from, to));
        const reordered = plan(
          { ...from, pools: from.pools?.toReversed() ?? [], layers: from.layers?.toReversed() ?? [] },
          { ...to, pools: to.pools?.toReversed() ?? [], layers: to.layers?.toReversed() ?? [] },
        );
        expect(reordered.id).toBe(plan(from, to).id);
        if (JSON.stringify(picture(from)) !== JSON.stringify(picture(to)) && plan(from, to).actions.length === 0)
          expect(plan(to, from).actions).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
