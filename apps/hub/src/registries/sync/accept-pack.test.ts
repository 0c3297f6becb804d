import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256Hex, silentLogger, waitFor } from '@slipway/kit';
import { clusterKind, clusterProfileKinds, packKinds, registryKind } from '@slipway/model';
import { packChart } from '@slipway/packs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from '../../testing/test-hub.ts';

const API = '/apis/slipway.dev/v1';
let test: TestHub;
let upstream: Server;
let served: Buffer;
const chart = (words: string): Buffer =>
  packChart('blue', [
    { name: 'Chart.yaml', data: Buffer.from('apiVersion: v2\nname: blue\nversion: 1.0.0\n') },
    { name: 'values.yaml', data: Buffer.from(`words: ${words}\n`) },
  ]);
const digestOf = (data: Buffer): string => `sha256:${sha256Hex(data)}`;
const [one, two] = [chart('one'), chart('two')];

const pack = () => test.client.get<any>({ kind: packKinds.at('tenant'), name: 'stable.blue' });
async function sync(): Promise<void> {
  const path = `${API}/registries/stable/sync`;
  const { requested } = await test.client.request<{ requested: string }>(path, { method: 'POST', body: {} });
  await waitFor(async () => ((await test.client.get<any>({ kind: registryKind, name: 'stable' })).status?.lastAttempt ?? '') >= requested, {
    what: 'the sync',
    timeoutMs: 120_000,
  });
}
const accept = async (digest: string, query = '', token = test.token) => {
  const answer = await requestOf({ ...test, token }, 'POST', `${API}/packs/stable.blue/accept${query}`, {
    body: { version: '1.0.0', digest },
  });
  return { status: answer.status, body: JSON.parse(answer.text) };
};
const valuesOfPack = async () =>
  JSON.parse((await requestOf(test, 'GET', `${API}/packs/stable.blue/content?version=1.0.0`)).text) as { digest: string };

beforeAll(async () => {
  served = one;
  upstream = createServer((request, response) => {
    const index = `apiVersion: v1\nentries:\n  blue:\n  - {version: 1.0.0, urls: [blue.tgz], digest: ${sha256Hex(served)}}\n`;
    response.end(request.url === '/index.yaml' ? index : served);
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  test = await startTestHub('pglite', silentLogger, { outbound: { rules: { allow: ['127.0.0.1'] } } });
  await test.client.create(registryKind, { kind: 'Registry', metadata: { name: 'stable' }, spec: { type: 'helm', url } });
  await sync();
  const layers = [
    { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
    { name: 'blue', type: 'addon', chart: { registry: 'stable', name: 'blue', version: '1.0.0' } },
  ];
  const spec = { versions: [{ version: '1.0.0', layers }] };
  await test.client.create(clusterProfileKinds.at('tenant'), { kind: 'ClusterProfile', metadata: { name: 'painted' }, spec });
  const cluster = {
    kind: 'Cluster',
    metadata: { name: 'dev', namespace: 'default' },
    spec: { profile: { name: 'painted', version: '1.0.0' } },
  };
  await test.client.create(clusterKind, cluster);
}, 600_000);
afterAll(async () => {
  await test?.stop();
  await new Promise((resolve) => upstream.close(resolve).closeAllConnections());
});

it('a version that was replaced stays what it was until somebody accepts exactly what it is now', async () => {
  expect((await valuesOfPack()).digest).toBe(digestOf(one));
  served = two;
  await sync();
  expect((await pack()).status.moved).toMatchObject([{ version: '1.0.0', digest: digestOf(one), found: digestOf(two) }]);
  expect((await valuesOfPack()).digest).toBe(digestOf(one));
  const planOf = async () => (await test.client.get<any>({ kind: clusterKind, project: 'default', name: 'dev' })).status?.plan?.hash;
  const before = await waitFor(planOf, { what: 'a plan of the cluster', timeoutMs: 120_000 });

  expect(await accept(digestOf(chart('three')))).toMatchObject({ status: 409, body: { message: expect.stringContaining('is now') } });
  const planned = await accept(digestOf(two), '?dryRun=All');
  expect(planned).toMatchObject({
    status: 200,
    body: {
      was: digestOf(one),
      impact: { total: 1, impacts: { restart: 1 }, clusters: [{ cluster: 'default/dev', profile: 'painted@1.0.0' }] },
    },
  });
  expect((await pack()).status.moved).toHaveLength(1);
  expect((await valuesOfPack()).digest).toBe(digestOf(one));

  expect(await accept(digestOf(two))).toMatchObject({ status: 200, body: { digest: digestOf(two), was: digestOf(one) } });
  expect((await pack()).status).toMatchObject({
    moved: [],
    accepted: [{ version: '1.0.0', digest: digestOf(two), was: digestOf(one), by: 'admin' }],
  });
  expect((await valuesOfPack()).digest).toBe(digestOf(two));
  await waitFor(async () => (await planOf()) !== before, { what: 'the cluster to follow', timeoutMs: 120_000 });
  expect((await accept(digestOf(two))).status).toBe(409);

  const { text: records } = await requestOf(test, 'GET', `${API}/auditchain/records?limit=100`);
  expect(records).toContain('packs/stable.blue/accept');
  // A restart asks the pins and the catalogue again, and the registry nothing.
  await test.restart();
  expect((await valuesOfPack()).digest).toBe(digestOf(two));
}, 600_000);

it('takes a right of its own', async () => {
  const make = (plural: string, kind: string, name: string, spec: object) =>
    requestOf(test, 'POST', `${API}/${plural}`, { body: { apiVersion: 'slipway.dev/v1', kind, metadata: { name }, spec } });
  await make('users', 'User', 'vera', {});
  await make('rolebindings', 'RoleBinding', 'vera', { role: 'tenant-viewer', subjects: [{ kind: 'User', name: 'vera' }] });
  const { token } = await test.hub.identity.issueToken({ tenant: 'default', name: 'vera' });
  expect((await accept(digestOf(two), '', token)).status).toBe(403);
}, 120_000);
