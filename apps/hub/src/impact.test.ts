import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clusterKind, clusterProfileKinds, type ImpactPlan, macroKinds, projectKind, registryKind } from '@slipway/model';
import { packChart } from '@slipway/packs';
import { sha256Hex, silentLogger } from '@slipway/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from './testing/test-hub.ts';

const API = '/apis/slipway.dev/v1';
let test: TestHub;
/** Of somebody who writes macros of the tenant, and reads clusters of the project `default` only. */
let narrow: string;

const version = (values: object, layers: object[] = []) => ({
  version: '1.0.0',
  layers: [
    { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
    {
      name: 'web',
      type: 'addon',
      manifests: [JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data: values })],
    },
    ...layers,
  ],
});
const profile = (name: string, of: object) =>
  test.client.create(clusterProfileKinds.at('tenant'), { kind: 'ClusterProfile', metadata: { name }, spec: { versions: [of] } });
const cluster = (namespace: string, name: string, of: string) =>
  test.client.create(clusterKind, { kind: 'Cluster', metadata: { name, namespace }, spec: { profile: { name: of, version: '1.0.0' } } });

const macro = (name: string, spec: object) => ({ apiVersion: 'slipway.dev/v1', kind: 'Macro', metadata: { name }, spec });
async function planned(object: { kind: string; metadata: { name: string } }, token = test.token) {
  const plural = object.kind === 'Macro' ? 'macros' : 'registries';
  const answer = await requestOf({ ...test, token }, 'POST', `${API}/${plural}/${object.metadata.name}/plan`, { body: object });
  return { status: answer.status, body: JSON.parse(answer.text) as ImpactPlan, text: answer.text };
}
/** As `kubectl apply --dry-run=server` sends it. */
async function tried(object: { kind: string; metadata: { name: string } }, token = test.token) {
  const plural = object.kind === 'Macro' ? 'macros' : 'registries';
  const path = `${API}/${plural}/${object.metadata.name}?dryRun=All&fieldManager=test&force=true`;
  const headers = { 'content-type': 'application/apply-patch+yaml' };
  const { status, headers: got, text } = await requestOf({ ...test, token }, 'PATCH', path, { body: object, headers });
  return { status, warning: String(got['warning'] ?? ''), text };
}

let served: Record<string, Buffer>;
const servers: Server[] = [];
/** A Helm repository over HTTP that has these archives, without digests in its index as older ones are. */
async function repository(name: string, archives: Record<string, Buffer>): Promise<string> {
  served = { ...served, ...Object.fromEntries(Object.entries(archives).map(([file, data]) => [`/${name}/${file}`, data])) };
  const charts = Object.keys(archives).map((file) => [file, ...(/^(.*)-(\d.*)\.tgz$/.exec(file) ?? []).slice(1)]);
  const entries = charts
    .map(([file, chart, number]) => `  ${chart}:\n  - {name: ${chart}, version: ${number}, urls: [${file}]}\n`)
    .join('');
  served[`/${name}/index.yaml`] = Buffer.from(`apiVersion: v1\nentries:\n${entries}`);
  const server = createServer((request, response) => {
    const data = served[request.url ?? ''];
    response.writeHead(data === undefined ? 404 : 200).end(data);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`;
}
const chart = (name: string, words: string): Buffer =>
  packChart(name, [
    { name: 'Chart.yaml', data: Buffer.from(`apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`) },
    { name: 'values.yaml', data: Buffer.from(`words: ${words}\n`) },
  ]);

beforeAll(async () => {
  served = {};
  test = await startTestHub('pglite', silentLogger, { outbound: { rules: { allow: ['127.0.0.1'] } } });
  const { client } = test;
  await client.create(projectKind, { kind: 'Project', metadata: { name: 'search' }, spec: {} });
  await client.create(macroKinds.at('tenant'), macro('domain', { value: 'example.org' }));
  await client.create(macroKinds.at('tenant'), macro('token', { secretValue: 'CANARY-one' }));
  await profile('shop', version({ host: 'www.{{ .macro.domain }}', key: '{{ .macro.token }}' }));
  await profile('plain', version({ host: 'none' }));
  await cluster('default', 'eu', 'shop');
  await cluster('default', 'us', 'shop');
  await cluster('search', 'hidden', 'shop');
  await cluster('default', 'plain', 'plain');
  const role = { level: 'tenant', rules: [{ resources: ['macros', 'macros/plan'], verbs: ['get', 'list', 'create', 'update', 'patch'] }] };
  const make = (plural: string, kind: string, name: string, spec: object, at = API) =>
    requestOf(test, 'POST', `${at}/${plural}`, { body: { apiVersion: 'slipway.dev/v1', kind, metadata: { name }, spec } });
  const subjects = [{ kind: 'User', name: 'nora' }];
  const made = [
    await make('users', 'User', 'nora', {}),
    await make('roles', 'Role', 'macro-writer', role),
    await make('rolebindings', 'RoleBinding', 'nora', { role: 'macro-writer', subjects }),
    await make('rolebindings', 'RoleBinding', 'nora-views', { role: 'project-viewer', subjects, projects: ['default'] }),
  ];
  expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  narrow = (await test.hub.identity.issueToken({ tenant: 'default', name: 'nora' })).token;
}, 600_000);
afterAll(async () => {
  await test?.stop();
  for (const server of servers) await new Promise((resolve) => server.close(resolve).closeAllConnections());
});

describe('a change of a macro', { timeout: 120_000 }, () => {
  it('says which clusters it changes, with the impact of each, before it is saved', async () => {
    const { status, body, text } = await planned(macro('domain', { value: 'example.com' }));
    expect(status, text).toBe(200);
    expect(body).toMatchObject({
      total: 3,
      unchanged: 0,
      refused: 0,
      impacts: { restart: 3 },
      profiles: [{ profile: 'shop@1.0.0', clusters: 3 }],
      clusters: [
        { cluster: 'default/eu', profile: 'shop@1.0.0', impact: 'restart' },
        { cluster: 'default/us', profile: 'shop@1.0.0', impact: 'restart' },
        { cluster: 'search/hidden', profile: 'shop@1.0.0', impact: 'restart' },
      ],
    });
    expect(body.kinds).toHaveLength(1);
    expect(body.kinds[0]?.plan.actions[0]?.diff).toEqual([expect.objectContaining({ from: 'www.example.org', to: 'www.example.com' })]);
    const dry = await tried(macro('domain', { value: 'example.com' }));
    expect(dry.status).toBe(200);
    expect(dry.warning).toContain('3 clusters would change: 3 restart; made of shop@1.0.0 (3)');
    expect(dry.warning).toContain('3 clusters, such as default/eu: [restart] Change layer web.');
    expect((await tried(macro('domain', { value: 'example.org' }))).warning).toBe('');
    expect((await tried(macro('other', { value: 'nobody uses it' }))).warning).toBe('');
    expect((await test.client.get({ kind: macroKinds.at('tenant'), name: 'domain' })).spec).toMatchObject({ value: 'example.org' });
  });

  it('tells nobody of clusters that they may not read, not even how many there are', async () => {
    const { body, text } = await planned(macro('domain', { value: 'example.com' }), narrow);
    expect(body).toMatchObject({ total: 2, impacts: { restart: 2 } });
    expect(text).not.toContain('hidden');
    const dry = await tried(macro('domain', { value: 'example.com' }), narrow);
    expect([dry.status, dry.warning]).toEqual([200, expect.stringContaining('2 clusters would change')]);
    expect(dry.warning).not.toContain('hidden');
  });

  it('that is secret shows where it goes and neither of its values', async () => {
    const { body, text } = await planned(macro('token', { secretValue: 'CANARY-two' }));
    expect(body).toMatchObject({ total: 3, impacts: { restart: 3 } });
    const dry = await tried(macro('token', { secretValue: 'CANARY-two' }));
    expect(dry.warning).toContain('3 clusters would change');
    expect(`${text}${dry.warning}${dry.text}`).not.toContain('CANARY');
  });

  it('takes the right to make it', async () => {
    expect((await planned({ ...macro('domain', {}), kind: 'Registry' }, narrow)).status).toBe(403);
    expect((await planned(macro('domain', { value: '{{ .var.x }}' }))).status).toBe(422);
    const gone = await requestOf(test, 'DELETE', `${API}/macros/domain?dryRun=All`);
    expect([gone.status, JSON.parse(gone.text).message]).toEqual([409, expect.stringContaining('is used by')]);
  });
});

describe('a change of a registry', () => {
  const registry = (url: string) => ({
    apiVersion: 'slipway.dev/v1',
    kind: 'Registry',
    metadata: { name: 'stable' },
    spec: { type: 'helm', url },
  });

  it('says what charts would be other ones, or could not be had, and keeps nothing of what it tried', async () => {
    const first = await repository('first', { 'blue-1.0.0.tgz': chart('blue', 'one'), 'red-1.0.0.tgz': chart('red', 'one') });
    await test.client.create(registryKind, registry(first));
    const of = (name: string) => ({ name, type: 'addon', chart: { registry: 'stable', name, version: '1.0.0' } });
    await profile('charts', version({}, [of('blue'), of('red')]));
    await cluster('default', 'painted', 'charts');
    const same = await repository('same', { 'blue-1.0.0.tgz': chart('blue', 'one'), 'red-1.0.0.tgz': chart('red', 'one') });
    expect((await planned(registry(same))).body).toMatchObject({ total: 1, unchanged: 1, kinds: [] });
    const other = await repository('other', { 'blue-1.0.0.tgz': chart('blue', 'two') });
    const { body, text } = await planned(registry(other));
    expect(body.total, text).toBe(1);
    const actions = body.kinds[0]?.plan.actions ?? [];
    // The catalogue may or may not have seen the first content by now: either way it is said what becomes of the layer.
    expect(actions.map(({ target }) => target)).toEqual(['layer blue', 'layer red']);
    expect(actions[1]).toMatchObject({ impact: 'none', summary: 'Layer red keeps what it has: red 1.0.0 could not be had any more.' });
    const digest = `sha256:${sha256Hex(chart('blue', 'two'))}`;
    const blobs = await requestOf(test, 'GET', `${API}/packs/stable.blue`);
    expect(blobs.text).not.toContain(digest);
    expect((await tried(registry(other))).warning).toContain('default/painted');
    const gone = await requestOf(test, 'DELETE', `${API}/registries/stable?dryRun=All`);
    expect([gone.status, String(gone.headers['warning'])]).toEqual([200, expect.stringContaining('could not be had any more')]);
    expect((await test.client.get({ kind: registryKind, name: 'stable' })).spec).toMatchObject({ url: first });
  }, 120_000);
});
