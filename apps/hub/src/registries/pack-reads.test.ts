import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger, waitFor } from '@slipway/kit';
import { createOutbound } from '@slipway/kit/outbound';
import { clusterProfileKinds, registryKind, tenantKind } from '@slipway/model';
import { createOciClient, packArtefact, packChart, pushArtefact } from '@slipway/packs';
import { testTool } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from '../testing/test-hub.ts';

let test: TestHub;

interface Pushed {
  readonly name: string;
  readonly version: string;
  readonly slipway?: string;
  readonly schema?: object;
  readonly values?: string;
}

/** Into the registry that comes with the hub, as `slipway pack push` does it. */
async function push({ name, version, slipway, schema, values = '{}' }: Pushed, tenant = 'default'): Promise<void> {
  const outbound = createOutbound({ rules: { allow: ['loopback'] }, ca: [test.hub.ca] });
  try {
    const asker = { outbound, plainHttp: false, from: 'hub', attempts: 1 };
    const client = createOciClient({ asker, base: test.url, credentials: { type: 'basic', username: 'me', password: test.token } });
    const files = [
      { name: 'Chart.yaml', data: Buffer.from(`apiVersion: v2\nname: ${name}\nversion: ${version}\n`) },
      { name: 'values.yaml', data: Buffer.from(values) },
      ...(slipway === undefined ? [] : [{ name: 'slipway.yaml', data: Buffer.from(slipway) }]),
      ...(schema === undefined ? [] : [{ name: 'values.schema.json', data: Buffer.from(JSON.stringify(schema)) }]),
    ];
    const archive = packChart(name, files);
    await pushArtefact(client, `${tenant}/${name}`, await packArtefact(archive), version);
  } finally {
    await outbound.close();
  }
}

async function sync(name: string): Promise<void> {
  const path = `/apis/slipway.dev/v1/registries/${name}`;
  const { requested } = await test.client.request<{ requested: string }>(`${path}/sync`, { method: 'POST', body: {} });
  await waitFor(async () => ((await test.client.get({ kind: registryKind, name })).status as any)?.lastAttempt >= requested, {
    what: `the sync of ${name}`,
    timeoutMs: 60_000,
  });
}

const layersWith = (...layers: object[]) => [
  { name: 'os', type: 'os', builtin: { name: 'debian', version: '12' } },
  { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
  ...layers,
];
const layer = (name: string, version: string, more: object = {}) => ({
  name,
  type: 'addon',
  chart: { registry: 'embedded', name, version },
  ...more,
});
const VARIABLES = [{ name: 'replicas', type: 'number', default: 2 }];

async function save(name: string, version: object, more: { spec?: object; prefix?: string } = {}) {
  const kind = 'ClusterProfile';
  const body = {
    apiVersion: 'slipway.dev/v1',
    kind,
    metadata: { name },
    spec: { ...more.spec, versions: [{ version: '1.0.0', variables: VARIABLES, ...version }] },
  };
  return told(await requestOf(test, 'POST', `${more.prefix ?? ''}/apis/slipway.dev/v1/clusterprofiles`, { body }));
}

function told({ status, text, headers }: Awaited<ReturnType<typeof requestOf>>) {
  const causes: { field: string; message: string }[] = JSON.parse(text).details?.causes ?? [];
  return { status, causes: causes.map(({ field, message }) => `${field}: ${message}`), warning: String(headers['warning'] ?? '') };
}

const SCHEMA = { type: 'object', required: ['host'], properties: { replicas: { type: 'integer', maximum: 9 }, host: { type: 'string' } } };
const NEEDS_CERTS = "constraints:\n  kubernetes: '>=1.30'\n  dependencies:\n    - { pack: certs, version: '>=1.13' }\n";

beforeAll(async () => {
  test = await startTestHub('pglite', silentLogger, {
    registryProgram: testTool('registry'),
    outbound: { rules: { allow: ['127.0.0.1'] } },
  });
  await waitFor(async () => (await requestOf(test, 'GET', '/v2/_catalog')).status === 200, {
    what: 'the embedded registry',
    timeoutMs: 60_000,
  });
  await push({ name: 'web', version: '1.0.0', schema: SCHEMA, values: 'replicas: 1\n' });
  await push({ name: 'shop', version: '1.0.0', slipway: NEEDS_CERTS });
  await push({ name: 'certs', version: '1.12.0' });
  await push({ name: 'certs', version: '1.14.2' });
  await sync('embedded');
}, 180_000);
afterAll(() => test.stop());

describe('packs of a real registry, when a profile is saved', () => {
  it('values are held against the schema of the pack, and the version that would do is named', async () => {
    const wrong = { layers: layersWith(layer('web', '1.0.0', { values: { replicas: 50 } })) };
    expect(await save('wrong', wrong)).toMatchObject({
      status: 422,
      causes: [
        'spec.versions[0].layers[2].values.host: layer "web" (web 1.0.0): is required',
        'spec.versions[0].layers[2].values.replicas: layer "web" (web 1.0.0): 50 is greater than 9',
      ],
    });
    expect(await save('lonely', { layers: layersWith(layer('shop', '1.0.0')) })).toMatchObject({
      status: 422,
      causes: [
        'spec.versions[0].layers[2]: layer "shop" (shop 1.0.0) needs a layer with the pack certs >=1.13, and there is none; add it: certs 1.14.2 would do',
      ],
    });
    expect(await save('dated', { layers: layersWith(layer('shop', '1.0.0'), layer('certs', '1.12.0')) })).toMatchObject({
      status: 422,
      causes: [
        'spec.versions[0].layers[3]: layer "certs" (certs 1.12.0) does not suit layer "shop" (shop 1.0.0), which needs certs >=1.13; certs 1.14.2 would do',
      ],
    });
    expect(await save('missing', { layers: layersWith(layer('web', '7.0.0')) })).toMatchObject({
      status: 422,
      causes: [expect.stringMatching(/^spec\.versions\[0\]\.layers\[2\]\.chart: layer "web" \(web 7\.0\.0\): .*1\.0\.0/)],
    });
  });

  it('a draft is saved and told; a good version is published and a cluster of it is judged by what its variables become', async () => {
    const draft = { state: 'draft', layers: layersWith(layer('web', '1.0.0', { values: { replicas: 50, host: 'a' } })) };
    expect(await save('draft', draft)).toMatchObject({ status: 201, causes: [], warning: expect.stringContaining('50 is greater than 9') });
    const good = {
      layers: layersWith(
        layer('web', '1.0.0', { values: { replicas: '{{ .var.replicas }}', host: 'a' } }),
        layer('shop', '1.0.0'),
        layer('certs', '1.14.2'),
      ),
    };
    expect(await save('good', good)).toMatchObject({ status: 201, warning: '' });
    const cluster = (spec: object) => ({
      apiVersion: 'slipway.dev/v1',
      kind: 'Cluster',
      metadata: { name: 'dev' },
      spec: { profile: { name: 'good', version: '1.0.0' }, ...spec },
    });
    const post = (body: object, query = '') =>
      requestOf(test, 'POST', `/apis/slipway.dev/v1/namespaces/default/clusters${query}`, { body });
    expect(told(await post(cluster({ variables: { replicas: 50 } })))).toMatchObject({
      status: 422,
      causes: ['spec.variables.replicas: layer "web" (web 1.0.0) gets it as values.replicas: 50 is greater than 9'],
    });
    expect(told(await post(cluster({ variables: { replicas: 3 } }), '?dryRun=All'))).toMatchObject({ status: 201, warning: '' });
  });

  it('clusters of the profiles that come with the hub are admitted without a word', async () => {
    const { items } = await test.client.list(clusterProfileKinds.at('tenant'));
    const builtin = items.filter(({ metadata }) => !['good', 'draft'].includes(metadata.name));
    expect(builtin.length).toBeGreaterThan(0);
    for (const { metadata, spec } of builtin) {
      for (const { version } of (spec as { versions: { version: string }[] }).versions) {
        const body = {
          apiVersion: 'slipway.dev/v1',
          kind: 'Cluster',
          metadata: { name: 'dev' },
          spec: { profile: { name: metadata.name, version } },
        };
        const answer = told(await requestOf(test, 'POST', '/apis/slipway.dev/v1/namespaces/default/clusters?dryRun=All', { body }));
        expect(answer, `${metadata.name}@${version}`).toEqual({ status: 201, causes: [], warning: '' });
      }
    }
  }, 120_000);

  it('the registry of another tenant is none', async () => {
    await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name: 'acme' }, spec: {} });
    const foreign = await save(
      'foreign',
      { layers: layersWith(layer('web', '1.0.0', { values: { host: 'a' } })) },
      { prefix: '/tenants/acme' },
    );
    expect(foreign).toMatchObject({ status: 422, causes: [expect.stringContaining('layer "web" (web 1.0.0)')] });
    expect(JSON.stringify(foreign)).not.toContain('certs');
  });
});

describe('a registry that is away', () => {
  let upstream: Server;
  let url: string;
  const index = 'apiVersion: v1\nentries:\n  far:\n  - {version: 1.0.0, urls: [far.tgz], kubeVersion: "<1.30"}\n';
  beforeAll(async () => {
    upstream = createServer((request, response) => response.writeHead(request.url === '/index.yaml' ? 200 : 404).end(index));
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    await test.client.create(registryKind, { kind: 'Registry', metadata: { name: 'far' }, spec: { type: 'helm', url } });
    await sync('far');
    await new Promise((resolve) => upstream.close(resolve).closeAllConnections());
  }, 60_000);

  it('refuses a version that nobody has seen, tells of one that the catalogue knows, and what was used once is held', async () => {
    const far = (version: string) => ({ name: 'far', type: 'addon', chart: { registry: 'far', name: 'far', version } });
    expect(await save('unseen', { layers: layersWith(far('2.0.0')) })).toMatchObject({
      status: 422,
      causes: [
        expect.stringMatching(/\.chart: layer "far" \(far 2\.0\.0\) cannot be read now: .* Nobody has seen that version before\. Save/),
      ],
    });
    expect((await save('seen', { layers: layersWith(far('1.0.0')) })).causes).toEqual([
      'spec.versions[0].layers[2]: layer "far" (far 1.0.0) needs Kubernetes <1.30, not 1.35.4',
    ]);
    const addon = await save('addon', { layers: [far('1.0.0')] }, { spec: { type: 'addon' } });
    expect(addon).toMatchObject({ status: 201, warning: expect.stringContaining('cannot be read now') });
    const unnamed = await save('unnamed', {
      layers: layersWith({ name: 'x', type: 'addon', chart: { registry: 'nowhere', name: 'x', version: '1.0.0' } }),
    });
    expect(unnamed).toMatchObject({ status: 201, warning: expect.stringContaining('there is no registry \\"nowhere\\" of the tenant') });
  }, 60_000);

  it('a hub that starts asks nobody for what it holds', async () => {
    await test.restart();
    // At once, while the embedded registry still starts.
    const again = await save('again', { layers: layersWith(layer('web', '1.0.0', { values: { host: 'a' } })) });
    expect(again).toMatchObject({ status: 201, warning: '' });
    expect((await test.client.get({ kind: clusterProfileKinds.at('tenant'), name: 'good' })).metadata.name).toBe('good');
  }, 120_000);
});
