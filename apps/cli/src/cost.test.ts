import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CliHub, startCliHub } from './testing/cli-hub.ts';

let hub: CliHub;
beforeAll(async () => void (hub = await startCliHub()), 180_000);
afterAll(() => hub?.stop());

const apply = async (text: string): Promise<void> => {
  const file = join(hub.folder, 'objects.yaml');
  await writeFile(file, text);
  const { code, talk } = await hub.slipway(['apply', '-f', file]);
  expect(code, talk).toBe(0);
};
const CLUSTERS = `
apiVersion: slipway.dev/v1
kind: Cluster
metadata: {name: dev}
spec:
  profile: {name: starter, version: 1.0.0}
  controlPlane: {replicas: 1, size: {cpu: 2, memoryMiB: 4096}}
---
apiVersion: slipway.dev/v1
kind: MachinePool
metadata: {name: dev-workers}
spec: {cluster: dev, replicas: 3, size: {cpu: 2, memoryMiB: 4096}}
---
apiVersion: slipway.dev/v1
kind: Cluster
metadata: {name: unsized}
spec:
  profile: {name: starter, version: 1.0.0}
`;
const PRICES = `
apiVersion: slipway.dev/v1
kind: CloudAccount
metadata: {name: local}
spec: {cloud: local, prices: {currency: EUR, coreHour: '0.02', memoryGiBHour: '0.003'}}
`;

it('tells what is not known, then each cluster with how it is counted, as a table and as CSV (E22, in part)', async () => {
  await apply(CLUSTERS);
  const before = await hub.slipway(['cost']);
  expect(before.out).toMatch(/^default +dev +local +4 +– +– +– +the account "local" has no prices$/m);
  expect(before.talk).toContain('spec.prices of a CloudAccount');
  await apply(PRICES);
  const dev = await hub.slipway(['cost', 'dev']);
  expect(dev.out).toMatch(/^workers +3 +0\.156 +EUR +3 × \(2 cores × 0\.02 \+ 4 GiB × 0\.003\)$/m);
  expect(dev.out).toMatch(/^together +4 +0\.208 +EUR +151\.84 EUR per month/m);
  const unsized = await hub.slipway(['cost', 'unsized']);
  expect(unsized.out).toMatch(/^together +1 +– +EUR +not known$/m);
  const csv = await hub.slipway(['cost', '-A', '--by', 'project', '-o', 'csv']);
  expect(csv.out.trim().split('\n')).toEqual([
    'project,clusters,machines,perHour,perMonth,currency,notCounted',
    'default,2,5,0.208,151.84,EUR,1 of 2 clusters in part or whole',
  ]);
  expect((await hub.slipway(['cost', '-o', 'name'])).code).toBe(2);
}, 300_000);
