import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256Hex, waitFor } from '@slipway/kit';
import {
  type ApiObject,
  clusterKind,
  type ClusterFacts,
  clusterProfileKinds,
  type NewObject,
  packKinds,
  registryKind,
} from '@slipway/model';
import { packChart } from '@slipway/packs';
import { type LinkedAgent, startLinkedAgent } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConsoleWorld, makeCluster, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';

let world: ConsoleWorld;
let visit: Visit;
let upstream: Server;
const agents: LinkedAgent[] = [];
const profiles = clusterProfileKinds.at('tenant');
const at = (path: string): string => `${world.hub.url}/console${path}`;
const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: typeof name === 'string' });
const link = (name: string | RegExp) => visit.page.getByRole('link', { name });
const layers = () => visit.page.locator('.layer-link .layer-main strong').allTextContents();

/** The second version does not go together with metrics-server. */
const blue = (version: string): Buffer =>
  packChart('blue', [
    { name: 'Chart.yaml', data: Buffer.from(`apiVersion: v2\nname: blue\nversion: ${version}\n`) },
    { name: 'values.yaml', data: Buffer.from('words: one\n') },
    {
      name: 'slipway.yaml',
      data: Buffer.from(
        `layer: addon\n${version === '1.0.0' ? '' : 'constraints:\n  dependencies:\n    - {pack: metrics-server, type: conflicts}\nupgradeNotes: Blue is **bluer** now.\n'}`,
      ),
    },
  ]);
const charts: Readonly<Record<string, Buffer>> = { '/blue-1.0.0.tgz': blue('1.0.0'), '/blue-1.1.0.tgz': blue('1.1.0') };

const kubernetes = { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } };
const chart = (name: string, registry: string, more: object = {}) => ({
  name,
  type: 'addon',
  namespace: name,
  chart: { registry, name, version: '1.0.0' },
  ...more,
});
const stack = [
  kubernetes,
  chart('blue', 'stable'),
  chart('metrics-server', 'builtin'),
  { name: 'last', type: 'addon', dependsOn: ['blue'], manifests: ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: last}\n'] },
];

const facts = (uid: string, state: 'Installing' | 'Ready'): ClusterFacts => ({
  kind: 'ClusterFacts',
  clusterUid: uid,
  agentVersion: '0.0.0-test',
  planRevision: 99,
  planHash: '',
  layers: [{ name: 'blue', state, version: '1.0.0', reason: state, message: '', since: new Date().toISOString(), objects: [] }],
  drift: [],
  nodes: [],
  kubernetesVersion: 'v1.35.4',
  health: { healthy: true, conditions: [] },
  tombstonesDone: [],
});

async function joinAgent(uid: string): Promise<LinkedAgent> {
  const hub = { url: world.hub.url, ca: world.hub.hub.ca };
  const path = '/apis/slipway.dev/v1/gateways/local/jointoken';
  const { token } = await world.client.request<{ token: string }>(path, { method: 'POST', body: {} });
  const gateway = await startLinkedAgent(hub, token);
  agents.push(gateway);
  const agent = await startLinkedAgent(hub, await gateway.joinToken(uid));
  agents.push(agent);
  return agent;
}

beforeAll(async () => {
  upstream = createServer((request, response) => {
    const entries = ['1.1.0', '1.0.0'].map(
      (version) =>
        `  - {version: ${version}, urls: [blue-${version}.tgz], digest: ${sha256Hex(charts[`/blue-${version}.tgz`] as Buffer)}}\n`,
    );
    response.end(request.url === '/index.yaml' ? `apiVersion: v1\nentries:\n  blue:\n${entries.join('')}` : charts[request.url ?? '']);
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  world = await startConsoleWorld({ outbound: { rules: { allow: ['127.0.0.1'] } } });
  const { client } = world;
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  await client.create(registryKind, { metadata: { name: 'stable' }, spec: { type: 'helm', url } } as unknown as NewObject);
  await waitFor(async () => (await client.find({ kind: packKinds.at('tenant'), name: 'stable.blue' })) !== undefined, {
    what: 'the pack in the catalogue',
    timeoutMs: PATIENCE,
  });
  const versions = [
    { version: '1.0.0', layers: stack },
    { version: '1.1.0', state: 'draft', layers: stack },
  ];
  await client.create(profiles, { metadata: { name: 'shop' }, spec: { versions } } as unknown as NewObject);
  const overrides = { blue: { values: { words: 'mine', deep: { er: 1 } } } };
  await makeCluster(client, 'default', 'eu', { spec: { profile: { name: 'shop', version: '1.0.0' }, overrides } });
  visit = await world.visit('/clusters/profiles/tenant/shop?version=1.0.0');
}, 180_000);
afterAll(async () => {
  for (const agent of agents) await agent.stop();
  await world?.stop();
  await new Promise((resolve) => upstream.close(resolve).closeAllConnections());
});

describe('the stack of a profile', () => {
  it('has layers in install order with version, live status, what is newer and who has something otherwise (E13, in part)', async () => {
    const { page } = visit;
    const blueRow = link(/: blue/);
    await blueRow.getByText('blue 1.0.0').waitFor();
    expect(await layers()).toEqual(['kubernetes', 'blue', 'last', 'metrics-server']);
    await blueRow.getByText('1.1.0 is there').waitFor();
    await blueRow.getByText('overridden in 1 cluster').waitFor();
    expect(await link(/: metrics-server/).innerText()).not.toMatch(/is there|overridden/);
    // Live: what the cluster's agent says comes without a reload, here and on the cluster's page.
    const eu = await world.client.get<ApiObject>({ kind: clusterKind, project: 'default', name: 'eu' });
    const agent = await joinAgent(eu.metadata.uid);
    agent.report(facts(eu.metadata.uid, 'Installing'));
    await blueRow.getByText('1 Installing').waitFor();
    agent.report(facts(eu.metadata.uid, 'Ready'));
    await blueRow.getByText('1 Ready').waitFor();
    await page.goto(at('/clusters/list/default/eu?tab=layers'));
    const row = page.getByRole('group', { name: 'Layers' }).getByRole('row').filter({ hasText: 'blue 1.0.0' });
    expect(await row.getByRole('cell').nth(1).innerText()).toBe('Ready');
    expect((await row.getByRole('cell').nth(3).innerText()).split(/\s+/)).toEqual(['deep.er', 'words']);
    agent.report(facts(eu.metadata.uid, 'Installing'));
    await row.getByText('Installing', { exact: true }).first().waitFor();
    await row.getByRole('link', { name: '1.1.0 is there' }).click();
    await page.getByRole('heading', { level: 2, name: 'blue', exact: true }).waitFor();
  });

  it('is ordered by dragging and by keyboard where that is legal, and says why where it is not; any two versions are compared (E13)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/profiles/tenant/shop?version=1.1.0'));
    await page.getByText('Could be published as it is').waitFor();
    const item = (name: string) =>
      page.locator('.layer').filter({ has: page.locator('.layer-main strong', { hasText: new RegExp(`^${name}$`) }) });
    await item('metrics-server').dragTo(item('blue'));
    await expect.poll(layers, { timeout: PATIENCE }).toEqual(['kubernetes', 'metrics-server', 'blue', 'last']);
    // Illegal by drag: what waits for another cannot go before it; types stand in their order.
    await item('last').dragTo(item('blue'));
    await page.getByText('“last” waits for “blue”').or(page.getByText('"last" waits for "blue"')).waitFor();
    await item('metrics-server').dragTo(item('kubernetes'));
    await page.getByText(/Layers of type kubernetes are installed before those of type addon/).waitFor();
    expect(await layers()).toEqual(['kubernetes', 'metrics-server', 'blue', 'last']);
    await link(/: metrics-server/).focus();
    await page.keyboard.press('Alt+ArrowDown');
    await expect.poll(layers, { timeout: PATIENCE }).toEqual(['kubernetes', 'blue', 'metrics-server', 'last']);
    await link(/: last/).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(layers, { timeout: PATIENCE }).toEqual(['kubernetes', 'blue', 'last', 'metrics-server']);
    await page.keyboard.press('Alt+ArrowUp');
    await page.getByText('"last" waits for "blue"').waitFor();
    // A draft beside what is published, and the other way round.
    await page.getByLabel('Compare with').selectOption('1.0.0');
    await page.getByRole('heading', { name: '1.0.0 compared with 1.1.0' }).waitFor();
    await button('Save draft').click();
    await page.getByText('Changes are kept in this browser').waitFor({ state: 'detached' });
    await page.goto(at('/clusters/profiles/tenant/shop?version=1.0.0&with=1.1.0'));
    await page.getByRole('heading', { name: '1.1.0 compared with 1.0.0' }).waitFor();
    await page.getByText('priority').first().waitFor();
  });

  it('says which layers do not go together before anything is saved, and at which layer (E14, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/profiles/tenant/shop?version=1.1.0&layer=blue'));
    await page.getByText('Could be published as it is').waitFor();
    await page.getByRole('group', { name: 'Layer' }).getByLabel('Version').selectOption('1.1.0');
    await link(/: (blue|metrics-server)/)
      .filter({ hasText: '1 problem' })
      .first()
      .waitFor();
    await page.getByText('1 thing is wrong').waitFor();
    const blamed = link(/: (blue|metrics-server)/).filter({ hasText: '1 problem' });
    await blamed.first().click();
    await page
      .getByText(/conflict/)
      .first()
      .waitFor();
    expect(await page.getByText(/metrics-server 1\.0\.0/).count()).toBeGreaterThan(0);
    expect(await button(/^Publish version/).getAttribute('aria-disabled')).toBe('true');
    const stored = await world.client.get<any>({ kind: profiles, name: 'shop' });
    expect(stored.spec.versions[1].layers.find(({ name }: { name: string }) => name === 'blue').chart.version).toBe('1.0.0');
    expect(visit.wrongs).toEqual([]);
  });
});
