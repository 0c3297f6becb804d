import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLogger, waitFor } from '@slipway/kit';
import {
  type ApiObject,
  eventKind,
  packKinds,
  registryKind,
  registryKinds,
  type RegistryStatus,
  type PackSpec,
  type PackStatus,
} from '@slipway/model';
import { testTool } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from '../../testing/test-hub.ts';

type Registry = ApiObject<any, RegistryStatus>;
type Pack = ApiObject<PackSpec, PackStatus>;

const run = promisify(execFile);
const packKind = packKinds.at('tenant');
let test: TestHub;
let dir: string;
let upstream: Server;
let url: string;
let asked: string[];

/** A chart packed by helm into the folder that is served, and the index that helm makes of it. */
async function publish(name: string, version: string, values = '{}', schema?: string): Promise<void> {
  const chart = join(dir, 'charts', name);
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(
    join(chart, 'Chart.yaml'),
    `apiVersion: v2\nname: ${name}\nversion: ${version}\ndescription: The ${name}\nannotations: { slipway.dev/layer: addon }\n`,
  );
  await writeFile(join(chart, 'values.yaml'), values);
  await writeFile(join(chart, 'README.md'), `# ${name}\n`);
  if (schema !== undefined) await writeFile(join(chart, 'values.schema.json'), schema);
  await helm('package', chart, '-d', join(dir, 'served'));
  await helm('repo', 'index', join(dir, 'served'));
}
const helm = (...args: string[]) =>
  run(testTool('helm'), args, {
    env: { PATH: process.env['PATH'], HOME: dir, HELM_CACHE_HOME: dir, HELM_CONFIG_HOME: dir, HELM_DATA_HOME: dir },
  });

const listen = (port = 0): Promise<void> =>
  new Promise((resolve) => {
    upstream = createServer((request, response) => {
      asked.push(request.url ?? '');
      readFile(join(dir, 'served', (request.url ?? '').slice(1))).then(
        (data) => response.end(data),
        () => response.writeHead(404).end(),
      );
    });
    upstream.listen(port, '127.0.0.1', resolve);
  });
const down = (): Promise<unknown> => new Promise((resolve) => upstream.close(resolve).closeAllConnections());

const registry = async (name: string): Promise<Registry> => (await test.client.get({ kind: registryKind, name })) as Registry;
const condition = (object: Registry, type: string) => object.status?.conditions.find((one) => one.type === type);

/** Asks for a sync and waits for it. */
async function synced(name: string): Promise<Registry> {
  const { requested } = await test.client.request<{ requested: string }>(`/apis/slipway.dev/v1/registries/${name}/sync`, {
    method: 'POST',
    body: {},
  });
  return waitFor(
    async () => {
      const now = await registry(name);
      return (now.status?.lastAttempt ?? '') >= requested ? now : undefined;
    },
    { what: `the sync of ${name}`, timeoutMs: 60_000 },
  );
}
const pack = (name: string): Promise<Pack | undefined> => test.client.find<Pack>({ kind: packKind, name });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-sync-'));
  await mkdir(join(dir, 'served'));
  asked = [];
  await publish('web', '1.0.0', 'replicas: 2 # as many\n', '{"type":"object"}');
  await publish('web', '1.1.0-rc.1');
  await publish('db', '2.0.0');
  await listen();
  url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  test = await startTestHub('pglite', silentLogger, { outbound: { rules: { allow: ['127.0.0.1'] } } });
  const spec = { type: 'helm', url, pullThrough: true, webhook: { secret: 'a secret of some length' } };
  await test.client.create(registryKind, { kind: 'Registry', metadata: { name: 'stable' }, spec });
}, 120_000);
afterAll(async () => {
  await test.stop();
  await down();
  await rm(dir, { recursive: true, force: true });
});

it('a new registry is read by itself: a real Helm repository becomes packs', async () => {
  const now = await waitFor(
    async () => {
      const one = await registry('stable');
      return one.status?.lastSync === undefined ? undefined : one;
    },
    { what: 'the first sync', timeoutMs: 60_000 },
  );
  expect(now.status).toMatchObject({ packs: 2, versions: 3, failures: 0 });
  expect([condition(now, 'Ready')?.status, condition(now, 'Synced')?.message]).toEqual(['True', '2 packs, 3 versions.']);
  const web = await pack('stable.web');
  expect(web?.spec).toMatchObject({
    registry: 'stable',
    name: 'web',
    latest: '1.0.0',
    layer: 'addon',
    description: 'The web',
    more: false,
  });
  expect(web?.spec.versions.map(({ version }) => version)).toEqual(['1.1.0-rc.1', '1.0.0']);
  expect(web?.spec.versions[1]?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(JSON.stringify(await registry('stable'))).not.toContain('of some length');
});

it('packs are written by the sync only', async () => {
  const { status } = await requestOf(test, 'DELETE', '/apis/slipway.dev/v1/packs/stable.web');
  expect(status).toBe(405);
});

it('the hub’s own packs are in the catalogue too', async () => {
  const now = await waitFor(
    async () => {
      const one = await registry('builtin');
      return one.status?.lastSync === undefined ? undefined : one;
    },
    { what: 'the sync of the built-in registry', timeoutMs: 60_000 },
  );
  expect(now.status?.packs).toBeGreaterThan(1);
  expect((await pack('builtin.metrics-server'))?.spec.latest).toBeDefined();
});

it('the content of a version: what its archive says', async () => {
  const content = await test.client.request<Record<string, unknown>>('/apis/slipway.dev/v1/packs/stable.web/content');
  expect(content).toMatchObject({
    name: 'web',
    version: '1.0.0',
    kind: 'chart',
    values: { replicas: 2 },
    valuesYaml: 'replicas: 2 # as many\n',
    readme: '# web\n',
    valuesSchema: { type: 'object' },
  });
  const other = await test.client.request<Record<string, unknown>>('/apis/slipway.dev/v1/packs/stable.web/content?version=1.1.0-rc.1');
  expect(other['version']).toBe('1.1.0-rc.1');
  await expect(test.client.request('/apis/slipway.dev/v1/packs/stable.web/content?version=9.9.9')).rejects.toMatchObject({
    code: 'NotFound',
  });
});

it('a new version comes with a sync; one that vanishes is withdrawn', async () => {
  await publish('web', '1.2.0');
  await rm(join(dir, 'served', 'db-2.0.0.tgz'));
  await helm('repo', 'index', join(dir, 'served'));
  expect((await synced('stable')).status).toMatchObject({ packs: 1, versions: 3 });
  expect((await pack('stable.web'))?.spec.latest).toBe('1.2.0');
  expect((await pack('stable.db'))?.spec).toMatchObject({ versions: [{ version: '2.0.0', withdrawn: true }] });
}, 90_000);

it('a version that is replaced is noticed and not followed, neither when it was used before nor when it was not', async () => {
  const before = await pack('stable.web');
  await publish('web', '1.2.0', 'replicas: 99\n');
  const now = await synced('stable');
  const after = await pack('stable.web');
  const digest = before?.spec.versions.find(({ version }) => version === '1.2.0')?.digest;
  expect(after?.spec.versions.find(({ version }) => version === '1.2.0')?.digest).toBe(digest);
  expect(after?.status?.moved).toMatchObject([{ version: '1.2.0', digest, found: expect.stringMatching(/^sha256:/) }]);
  expect(condition(now, 'Unchanged')).toMatchObject({
    status: 'False',
    reason: 'VersionsMoved',
    message: expect.stringContaining('web 1.2.0'),
  });
  const events = await test.client.list(eventKind, { project: 'default', fieldSelector: 'spec.regarding.name=stable' });
  // Beside the event of the condition, which names the version too.
  const told = events.items.map(({ spec }) => (spec as { message: string }).message).join('\n');
  expect(told).toContain(`Version 1.2.0 of pack "web" was ${digest} and is now ${after?.status?.moved[0]?.found}`);
  // It was fetched ahead: the first content is held, and is what is shown.
  const content = await test.client.request<{ digest: string; values: object }>(
    '/apis/slipway.dev/v1/packs/stable.web/content?version=1.2.0',
  );
  expect([content.digest, content.values]).toEqual([digest, {}]);
  // 1.1.0-rc.1 was used before; one that nobody fetched is refused rather than taken.
  await publish('fresh', '1.0.0');
  await publish('fresh', '0.9.0');
  await synced('stable');
  await publish('fresh', '0.9.0', 'evil: true\n');
  await expect(test.client.request('/apis/slipway.dev/v1/packs/stable.fresh/content?version=0.9.0')).rejects.toMatchObject({
    code: 'Conflict',
    message: expect.stringContaining('no longer what it was'),
  });
}, 120_000);

it('air-gap: with the registry away the catalogue stays, and what was fetched is served, over a restart too', async () => {
  await down();
  const now = await synced('stable');
  expect(condition(now, 'Ready')).toMatchObject({
    status: 'False',
    reason: 'Unreachable',
    message: expect.stringContaining('cannot be reached'),
  });
  expect(now.status).toMatchObject({ failures: 1, packs: 2 });
  await test.restart();
  const content = await test.client.request<{ version: string }>('/apis/slipway.dev/v1/packs/stable.fresh/content');
  expect(content.version).toBe('1.0.0');
  await expect(test.client.request('/apis/slipway.dev/v1/packs/stable.fresh/content?version=0.9.0')).rejects.toMatchObject({
    code: 'Unavailable',
  });
  // A mirror answers in its stead.
  await listen();
  const mirror = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  await test.client.patch({ kind: registryKind, name: 'stable' }, { spec: { mirrors: [mirror] } });
  expect(condition(await synced('stable'), 'Ready')?.status).toBe('True');
}, 120_000);

describe('the webhook', () => {
  const call = (path: string, headers: Record<string, string>, body = '{"event":"push"}') =>
    requestOf(test, 'POST', `/webhooks/registries/${path}`, {
      anonymous: true,
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const signed = (body: string, at = Date.now(), secret = 'a secret of some length') => {
    const seconds = Math.floor(at / 1000);
    return { 'x-slipway-signature': `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}` };
  };
  const github = (body: string, delivery: string) => ({
    'x-hub-signature-256': `sha256=${createHmac('sha256', 'a secret of some length').update(body).digest('hex')}`,
    'x-github-delivery': delivery,
  });
  const body = '{"event":"push"}';

  it('has the catalogue read anew for who knows the secret, once for each call', async () => {
    const before = (await registry('stable')).metadata.annotations?.['slipway.dev/sync-requested'] ?? '';
    const headers = signed(body);
    expect((await call('default/stable', headers)).status).toBe(202);
    expect((await registry('stable')).metadata.annotations?.['slipway.dev/sync-requested'] ?? '').not.toBe(before);
    expect((await call('default/stable', headers)).status).toBe(401);
    expect((await call('default/stable', github(body, 'one'))).status).toBe(202);
    expect((await call('default/stable', github(body, 'one'))).status).toBe(401);
  });

  it.each([
    ['no signature', {}],
    ['another secret', signed(body, Date.now(), 'another secret of length')],
    ['another body', signed('{}')],
    ['an old moment', signed(body, Date.now() - 3_600_000)],
    ['a moment to come', signed(body, Date.now() + 3_600_000)],
    ['rubbish', { 'x-slipway-signature': 't=x,v1=y' }],
  ])('refuses %s, with the answer that unknown registries give', async (_what, headers) => {
    const here = await call('default/stable', headers as Record<string, string>);
    expect(here.status).toBe(401);
    for (const path of ['default/nosuch', 'nosuch/stable', 'default/builtin', 'default/nosuch/stable'])
      expect((await call(path, headers as Record<string, string>)).text, path).toBe(here.text);
  });

  it('reads no endless bodies', async () => {
    const large = 'x'.repeat(300_000);
    expect((await call('default/stable', signed(large), large)).status).toBe(413);
  });
});

it('a project has registries of its own, which others do not see; a paused one is read on demand only', async () => {
  const own = registryKinds.at('project');
  const spec = { type: 'helm', url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`, sync: { paused: true } };
  await test.client.create(own, { kind: own.kind, metadata: { name: 'mine', namespace: 'default' }, spec });
  const path = '/apis/slipway.dev/v1/namespaces/default/projectregistries/mine/sync';
  await test.client.request(path, { method: 'POST', body: {} });
  const kind = packKinds.at('project');
  const found = await waitFor(async () => test.client.find<Pack>({ kind, project: 'default', name: 'mine.web' }), {
    what: 'the pack',
    timeoutMs: 60_000,
  });
  expect(found.spec.registry).toBe('mine');
  const content = await test.client.request<{ name: string }>(
    '/apis/slipway.dev/v1/namespaces/default/projectpacks/mine.web/content?version=1.0.0',
  );
  expect(content.name).toBe('web');
  const now = (await test.client.get({ kind: own, project: 'default', name: 'mine' })) as Registry;
  expect(now.status?.nextSync).toBeUndefined();
  // Packs go with their registry.
  await test.client.delete({ kind: own, project: 'default', name: 'mine' });
  await waitFor(async () => (await test.client.find({ kind, project: 'default', name: 'mine.web' })) === undefined, {
    what: 'the pack to go',
    timeoutMs: 60_000,
  });
}, 120_000);
