import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../hub/objects.ts';
import { attention, attentionGroups } from './attention.ts';
import { filteredClusters, labelChoices, openDrift, phaseCounts, spread } from './cluster-rows.ts';
import { viewName, viewOf } from './view-name.ts';

interface Given {
  readonly phase?: string;
  readonly reason?: string;
  readonly since?: string;
  readonly profile?: string;
  readonly labels?: Record<string, string>;
  readonly drift?: readonly string[];
  readonly approval?: boolean;
  readonly kubernetes?: string;
}

function cluster(name: string, given: Given = {}): Cluster {
  const [profile = '', version = ''] = (given.profile ?? 'store@1.0.0').split('@');
  const status = {
    phase: given.phase ?? 'Running',
    message: `message of ${name}`,
    kubernetesVersion: given.kubernetes ?? 'v1.35.4',
    nodes: { total: 3, ready: 3 },
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: given.reason ?? 'Ready',
        message: '',
        lastTransitionTime: given.since ?? '2026-01-02T00:00:00Z',
      },
    ],
    drift: (given.drift ?? []).map((state) => ({ state, detectedAt: '2026-01-01T00:00:00Z' })),
    ...(given.approval ? { approval: { id: 'a', disruptions: ['repave'] } } : {}),
  };
  const metadata = { name, namespace: 'shop', uid: name, labels: given.labels ?? {}, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { metadata, spec: { profile: { name: profile, version } }, status } as unknown as Cluster;
}

const names = (clusters: readonly Cluster[]): string[] => clusters.map(({ metadata }) => metadata.name);

describe('filters of the list', () => {
  const all = [
    cluster('a', { labels: { region: 'eu', tier: 'canary' } }),
    cluster('b', { profile: 'store@1.2.0', kubernetes: 'v1.36.3', labels: { region: 'us' } }),
    cluster('c', { phase: 'Degraded', reason: 'NodesNotReady', labels: { region: 'eu' } }),
    cluster('d', { profile: 'storefront@1.0.0', drift: ['Open', 'Healed', 'Open'] }),
  ];

  it('narrow by profile, one of its versions, Kubernetes, label and need', () => {
    expect(names(filteredClusters(all, { profile: 'store' }))).toEqual(['c', 'a', 'b']);
    expect(names(filteredClusters(all, { profile: 'store@1.2.0' }))).toEqual(['b']);
    expect(names(filteredClusters(all, { kubernetes: 'v1.36.3' }))).toEqual(['b']);
    expect(names(filteredClusters(all, { label: 'region=eu' }))).toEqual(['c', 'a']);
    expect(names(filteredClusters(all, { needs: 'any' }))).toEqual(['c', 'd']);
    expect(names(filteredClusters(all, { needs: 'NodesNotReady' }))).toEqual(['c']);
    expect(names(filteredClusters(all, { label: 'region=eu', q: 'canary' }))).toEqual(['a']);
    expect(names(filteredClusters(all, { label: 'region=eu', status: 'Running', needs: 'Drift' }))).toEqual([]);
  });

  it('the most drift comes first', () => {
    expect(names(filteredClusters(all, { sort: 'drift' }))[0]).toBe('d');
    expect(openDrift(all[3]!)).toBe(2);
  });

  it('offer labels with their values and counts, but not those that are different everywhere', () => {
    const many = Array.from({ length: 40 }, (_none, index) => cluster(`n${index}`, { labels: { region: 'eu', serial: String(index) } }));
    expect(labelChoices(many)).toEqual([['region', [['eu', 40]]]]);
    expect(phaseCounts(all)).toEqual([
      ['Degraded', 1],
      ['Running', 3],
    ]);
    expect(spread(all, ({ spec }) => spec.profile.name)[0]).toEqual(['store', 3]);
  });
});

describe('what needs somebody', () => {
  it('comes by reason, what is broken first, the oldest first', () => {
    const groups = attentionGroups([
      cluster('drifted', { drift: ['Open'] }),
      cluster('asks', { phase: 'Updating', reason: 'ApprovalNeeded', approval: true }),
      cluster('late', { phase: 'Degraded', reason: 'NodesNotReady', since: '2026-01-03T00:00:00Z' }),
      cluster('early', { phase: 'Degraded', reason: 'NodesNotReady', since: '2026-01-01T00:00:00Z' }),
      cluster('strange', { phase: 'Degraded', reason: 'SomethingNew' }),
      cluster('well'),
    ]);
    expect(groups.map(({ reason, members }) => [reason, members.map(({ cluster: { metadata } }) => metadata.name)])).toEqual([
      ['NodesNotReady', ['early', 'late']],
      ['SomethingNew', ['strange']],
      ['ApprovalNeeded', ['asks']],
      ['Drift', ['drifted']],
    ]);
  });

  it('drift has its own age, and a cluster that is well needs nobody', () => {
    expect(attention(cluster('drifted', { drift: ['Open'] }))?.since).toBe('2026-01-01T00:00:00Z');
    expect(attention(cluster('healed', { drift: ['Healed'] }))).toBeUndefined();
  });
});

it('a view keeps filters and order only, and has one name for one title', () => {
  expect(viewOf({ q: 'x', sort: '-age', project: 'shop', status: '', tab: 'yaml', label: 7 } as never)).toEqual({ q: 'x', sort: '-age' });
  expect(viewName('ada', 'Läden im Süden!')).toBe(viewName('ada', 'Läden im Süden!'));
  expect(viewName('ada', 'a b')).not.toBe(viewName('ada', 'a-b'));
  for (const title of ['', '日本', 'x'.repeat(60), '--', 'Läden'])
    expect(viewName('ada', title)).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])$/);
});
