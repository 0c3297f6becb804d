import { createApiClient } from '@slipway/api';
import { waitFor } from '@slipway/kit';
import {
  clusterKind,
  clusterProfileKinds,
  type ClusterValues,
  macroKinds,
  projectRoleBindingKind,
  serviceAccountKind,
} from '@slipway/model';
import { type LinkedAgent, startLinkedAgent, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from './testing/test-hub.ts';

const API = '/apis/slipway.dev/v1';
const AT = `${API}/namespaces/default/clusters`;
const CANARIES = ['CANARY-variable-1', 'CANARY-macro-2', 'CANARY-given-3'];

const version = (number: string, host: string) => ({
  version: number,
  variables: [
    { name: 'host', type: 'string', default: 'shop' },
    { name: 'password', type: 'secret', required: true, minLength: 5 },
  ],
  layers: [
    { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
    {
      name: 'web',
      type: 'addon',
      manifests: [
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'web' },
          data: {
            host,
            url: 'https://me:{{ .var.password }}@x',
            hash: '{{ .var.password | sha256 }}',
            upper: '{{ .macro.token | upper }}',
            part: '{{ .var.password | b64enc }}',
          },
        }),
      ],
    },
    {
      name: 'settings',
      type: 'addon',
      chart: { registry: 'builtin', name: 'metrics-server', version: '1.0.0' },
      values: { resources: { host: '{{ .var.host }}' } },
    },
  ],
});
const cluster = (name: string, number: string, more: object = {}) => ({
  apiVersion: 'slipway.dev/v1',
  kind: 'Cluster',
  metadata: { name, namespace: 'default' },
  spec: { profile: { name: 'shop', version: number }, secretVariables: { password: CANARIES[0] }, ...more },
});

describe.each(testEngines)('rendered values, on %s', (engine) => {
  let test: TestHub;
  const answers: string[] = [];
  const agents: LinkedAgent[] = [];
  const ask = async (path: string, body?: unknown, token = test.token) => {
    const answer = await requestOf({ ...test, token }, body === undefined ? 'GET' : 'POST', `${AT}/${path}`, { body });
    answers.push(answer.text);
    return {
      status: answer.status,
      body: JSON.parse(answer.text) as ClusterValues & { message: string; details: { causes: { field: string }[] } },
    };
  };
  const dataOf = ({ layers }: ClusterValues) => {
    const [object] = layers.find(({ name }) => name === 'web')?.objects ?? [];
    return (object as { data: Record<string, string> }).data;
  };

  beforeAll(async () => {
    test = await startTestHub(engine);
    const { client } = test;
    await client.create(macroKinds.at('tenant'), { kind: 'Macro', metadata: { name: 'token' }, spec: { secretValue: CANARIES[1] } });
    const versions = [version('1.0.0', '{{ .var.host }}.{{ .cluster.project }}'), { ...version('1.1.0', 'new.{{ .var.host }}') }];
    await client.create(clusterProfileKinds.at('tenant'), { kind: 'ClusterProfile', metadata: { name: 'shop' }, spec: { versions } });
    await client.create(clusterKind, cluster('eu', '1.0.0'));
  }, 300_000);
  afterAll(async () => {
    for (const agent of agents) await agent.stop();
    await test?.stop();
  });

  it('are what the agent of the cluster is told, but for what is secret', async () => {
    const { status, body } = await ask('eu/values');
    expect(status, body.message).toBe(200);
    expect(body).toMatchObject({
      profile: 'shop@1.0.0',
      kubernetesVersion: 'v1.35.4',
      variables: [
        { name: 'host', value: 'shop', from: 'default' },
        { name: 'password', value: '***', from: 'secret' },
      ],
      macros: [{ name: 'token', value: '***', scope: 'tenant' }],
    });
    expect(dataOf(body)).toEqual({ host: 'shop.default', url: 'https://me:***@x', hash: '***', upper: '***', part: '***' });
    expect(body.layers.find(({ name }) => name === 'settings')).toMatchObject({
      values: { resources: { host: 'shop' } },
      origins: expect.arrayContaining([{ path: 'resources.host', from: 'profile', uses: ['.var.host'] }]),
    });

    const { token } = await test.client.request<{ token: string }>(`${API}/gateways/local/jointoken`, { method: 'POST', body: {} });
    const hub = { url: test.url, ca: test.hub.ca };
    const gateway = await startLinkedAgent(hub, token);
    agents.push(gateway);
    const made = await test.client.get({ kind: clusterKind, project: 'default', name: 'eu' });
    const agent = await startLinkedAgent(hub, await gateway.joinToken(made.metadata.uid));
    agents.push(agent);
    const plan = await waitFor(() => agent.plan(), { what: 'the plan of the cluster', timeoutMs: 60_000, intervalMs: 100 });
    // The same, opened: that is where secrets go, and nowhere else.
    const told = JSON.stringify(plan);
    expect(told).toContain(`https://me:${CANARIES[0]}@x`);
    expect(told).toContain(CANARIES[1]?.toUpperCase());
    expect(told).toContain('"host":"shop.default"');
  });

  it('can be asked for what would be: another version, other variables, a profile and a cluster that are not there yet', async () => {
    const moved = await ask('eu/values?layer=web', {
      objects: [cluster('eu', '1.1.0', { variables: { host: 'fresh' }, secretVariables: { password: CANARIES[2] } })],
    });
    expect(moved.status, moved.body.message).toBe(200);
    expect([moved.body.profile, moved.body.layers.length, dataOf(moved.body)['host']]).toEqual(['shop@1.1.0', 1, 'new.fresh']);
    const profile = {
      apiVersion: 'slipway.dev/v1',
      kind: 'ClusterProfile',
      metadata: { name: 'next' },
      spec: { versions: [version('1.0.0', 'next')] },
    };
    const objects = [profile, cluster('us', '1.0.0', { profile: { name: 'next', version: '1.0.0' } })];
    const fresh = await ask('us/values', { objects });
    expect([fresh.status, fresh.body.profile, dataOf(fresh.body)['host']]).toEqual([200, 'next@1.0.0', 'next']);
    expect((await ask('us/values')).status).toBe(404);
    expect(dataOf((await ask('eu/values')).body)['host']).toBe('shop.default');
  });

  it('can be asked for a draft of a profile that is there, as if it were published', async () => {
    const kind = clusterProfileKinds.at('tenant');
    const shop = await test.client.get<any>({ kind, name: 'shop' });
    const versions = [...shop.spec.versions, { ...version('1.2.0', 'draft.{{ .var.host }}'), state: 'draft' }];
    const stored = await test.client.patch<any>({ kind, name: 'shop' }, { spec: { versions } });
    const profile = {
      apiVersion: 'slipway.dev/v1',
      kind: 'ClusterProfile',
      metadata: { name: 'shop' },
      spec: { ...stored.spec, versions: stored.spec.versions.map((one: object) => ({ ...one, state: 'published' })) },
    };
    // The profile as it is was read before, and is remembered by its generation: what is asked about is another one, and is not remembered in its place.
    expect((await ask('eu/values', { objects: [cluster('eu', '1.2.0')] })).body.message).toContain('is a draft');
    expect(dataOf((await ask('eu/values')).body)['host']).toBe('shop.default');
    const answer = await ask('eu/values?layer=web', { objects: [profile, cluster('eu', '1.2.0')] });
    expect([answer.status, answer.body.message, dataOf(answer.body)['host']]).toEqual([200, undefined, 'draft.shop']);
    expect((await ask('eu/values', { objects: [cluster('eu', '1.2.0')] })).body.message).toContain('is a draft');
    expect((await test.client.get<any>({ kind, name: 'shop' })).spec.versions.at(-1).state).toBe('draft');
  });

  it('say what leads nowhere, with its place, and what is no layer', async () => {
    const broken = { ...version('1.0.0', '{{ .layer.nope.values.host }}'), version: '1.0.0' };
    const profile = {
      apiVersion: 'slipway.dev/v1',
      kind: 'ClusterProfile',
      metadata: { name: 'broken' },
      spec: { type: 'full', versions: [broken] },
    };
    const wrong = await ask('b/values', { objects: [profile, cluster('b', '1.0.0', { profile: { name: 'broken', version: '1.0.0' } })] });
    expect(wrong.status).toBe(422);
    expect(wrong.body.message).toMatch(/layers\[1\]\.manifests\[0\].*data\.host.*the layer "nope"/);
    const layer = await ask('eu/values?layer=nope');
    expect([layer.status, layer.body.message]).toEqual([422, expect.stringContaining('there are: kubernetes, settings, web')]);
    const macro = await ask('eu/values', { objects: [cluster('eu', '1.0.0', { variables: { host: '{{ .macro.nowhere }}' } })] });
    expect([macro.status, macro.body.details.causes[0]?.field]).toEqual([422, 'spec.variables.host']);
  });

  it('do not say what a secret is by whether a rule holds for it', async () => {
    const rule = (pattern: string) => {
      const one = version('1.0.0', 'x');
      const variables = [one.variables[0], { name: 'password', type: 'secret', required: true, pattern }];
      return {
        apiVersion: 'slipway.dev/v1',
        kind: 'ClusterProfile',
        metadata: { name: 'oracle' },
        spec: { versions: [{ ...one, variables }] },
      };
    };
    const guess = async (pattern: string) => {
      const { secretVariables: _own, ...spec } = cluster('eu', '1.0.0', { profile: { name: 'oracle', version: '1.0.0' } }).spec;
      const body = { objects: [rule(pattern), { ...cluster('eu', '1.0.0'), spec }] };
      return [(await ask('eu/values', body)).status, (await ask('eu/plan', body)).status];
    };
    expect([await guess('^CANARY-.*$'), await guess('^something-else$')]).toEqual([
      [200, 200],
      [200, 200],
    ]);
  });

  it('may be asked for by whoever reads the cluster, and by nobody else', async () => {
    const { client } = test;
    const tokenOf = async (name: string, role: string | undefined) => {
      await client.create(serviceAccountKind, { kind: 'ServiceAccount', metadata: { name, namespace: 'default' }, spec: {} });
      const subjects = [{ kind: 'ServiceAccount', project: 'default', name }];
      if (role !== undefined)
        await client.create(projectRoleBindingKind, {
          kind: 'ProjectRoleBinding',
          metadata: { name, namespace: 'default' },
          spec: { role, subjects },
        });
      const path = `${API}/namespaces/default/serviceaccounts/${name}/token`;
      return (await client.request<{ status: { token: string } }>(path, { method: 'POST', body: { spec: {} } })).status.token;
    };
    const viewer = await tokenOf('viewer', 'project-viewer');
    expect((await ask('eu/values', undefined, viewer)).status).toBe(200);
    expect((await ask('eu/values', { objects: [cluster('eu', '1.1.0')] }, viewer)).status).toBe(200);
    const stranger = await tokenOf('stranger', undefined);
    expect((await ask('eu/values', undefined, stranger)).status).toBe(403);
    expect((await requestOf(test, 'GET', `${AT}/eu/values`, { anonymous: true })).status).toBe(401);
    const other = createApiClient({ server: test.url, ca: test.hub.ca, token: viewer, tenant: 'acme', userAgent: 'slipway-test' });
    await expect(other.request(`${AT}/eu/values`)).rejects.toMatchObject({ code: expect.stringMatching(/Forbidden|NotFound/) });
  });

  it('never hold a secret', () => {
    expect(answers.length).toBeGreaterThan(10);
    for (const secret of CANARIES)
      for (const form of [secret, secret.toUpperCase(), Buffer.from(secret).toString('base64').replace(/=+$/, '')])
        expect(answers.filter((answer) => answer.includes(form))).toEqual([]);
  });
});
