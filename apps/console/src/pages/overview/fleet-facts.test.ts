import { expect, it } from 'vitest';
import type { Cluster, Pool } from '../../hub/objects.ts';
import { capacity, fleetCost, partOfWorld, places, profileSpread } from './fleet-facts.ts';

const cluster = (
  name: string,
  given: { region?: string; profile?: string; version?: string; phase?: string; replicas?: number; size?: object; account?: string },
): Cluster =>
  ({
    metadata: { name, namespace: 'shop', uid: name, labels: given.region === undefined ? {} : { region: given.region } },
    spec: {
      profile: { name: given.profile ?? 'store', version: given.version ?? '1.0.0' },
      cloudAccount: given.account ?? 'local',
      controlPlane: { replicas: given.replicas ?? 1, size: given.size ?? {} },
    },
    status: { phase: given.phase ?? 'Running', message: '', nodes: { total: 4, ready: 4 }, conditions: [], drift: [] },
  }) as unknown as Cluster;
const pool = (replicas: number, size: object): Pool => ({ metadata: {}, spec: { replicas, size } }) as unknown as Pool;

it('capacity is what is declared, and says how many machines declare nothing', () => {
  const { controlPlanes, workers, all } = capacity(
    [cluster('a', { replicas: 3, size: { cpu: 2, memoryMiB: 4096 } }), cluster('b', {})],
    [pool(5, { cpu: 8, memoryMiB: 32_768 }), pool(2, { cpu: 4 })],
  );
  expect(controlPlanes).toEqual({ machines: 4, cores: 6, memoryGiB: 12, unsized: 1 });
  expect(workers).toEqual({ machines: 7, cores: 48, memoryGiB: 160, unsized: 2 });
  expect(all).toEqual({ machines: 11, cores: 54, memoryGiB: 172, unsized: 3 });
});

it('versions come newest first, by number and not by letter', () => {
  const found = profileSpread([
    cluster('a', { version: '1.9.0' }),
    cluster('b', { version: '1.10.0' }),
    cluster('c', { version: '1.10.0' }),
    cluster('d', { profile: 'web', version: '1.0.0' }),
  ]);
  expect(found.map(({ profile, clusters }) => [profile, clusters])).toEqual([
    ['store', 3],
    ['web', 1],
  ]);
  expect(found[0]?.versions.map(({ version, clusters }) => [version, clusters])).toEqual([
    ['1.10.0', 2],
    ['1.9.0', 1],
  ]);
});

it('places are accounts and regions, with what is in trouble there', () => {
  const found = places([
    cluster('a', { region: 'eu-west' }),
    cluster('b', { region: 'eu-west', phase: 'Degraded' }),
    cluster('c', { region: 'eu-west', account: 'other', phase: 'Paused' }),
    cluster('d', {}),
  ]);
  expect(found.map(({ key, clusters, needs, nodes, part }) => [key, clusters, needs, nodes, part])).toEqual([
    ['local/eu-west', 2, 1, 8, 'Europe'],
    ['local/', 1, 0, 4, 'Elsewhere'],
    ['other/eu-west', 1, 0, 4, 'Europe'],
  ]);
  expect(found[0]?.states).toEqual({ ok: 1, busy: 0, bad: 1, quiet: 0 });
  expect(['us-east-1', 'sa-east', 'eu-central', 'ap-south', 'me-central-1', 'factory-7', 'westeurope', 'eastus2'].map(partOfWorld)).toEqual(
    ['North America', 'South America', 'Europe', 'Asia Pacific', 'Africa & Middle East', 'Elsewhere', 'Europe', 'North America'],
  );
});

it('cost is of clusters whose account has prices, by currency', () => {
  const sized = { cpu: 2, memoryMiB: 4096 };
  const of = { 'eu-account': { currency: 'EUR', coreHour: '0.01' }, 'us-account': { currency: 'USD', machineHour: '1' } };
  const workers = {
    metadata: { name: 'a-workers', namespace: 'shop' },
    spec: { cluster: 'a', replicas: 2, size: sized },
  } as unknown as Pool;
  const clusters = [
    cluster('a', { replicas: 1, size: sized, account: 'eu-account' }),
    cluster('b', { replicas: 1, size: sized, account: 'eu-account' }),
    cluster('c', { replicas: 1, account: 'us-account' }),
    cluster('d', { replicas: 1 }),
  ];
  expect(fleetCost(clusters, [workers], (account) => of[account as keyof typeof of])).toEqual([
    { currency: 'EUR', perMonth: 58.4, clusters: 2 },
    { currency: 'USD', perMonth: 730, clusters: 1 },
  ]);
  expect(fleetCost(clusters, [workers], () => undefined)).toEqual([]);
});
