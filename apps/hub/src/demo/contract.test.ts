import { join } from 'node:path';
import { type ApiClient, createApiClient, createTransport } from '@slipway/api';
import { silentLogger } from '@slipway/kit';
import { clusterKind, type NewObject, projectKind, userKind } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from '../testing/test-hub.ts';
import { type Demo, startDemo } from './start-demo.ts';

type Place = Pick<TestHub, 'hub' | 'url' | 'token'> & { readonly client: ApiClient };

let demo: Demo;
let test: TestHub;
let demoClient: ApiClient;
const START = 120_000;
beforeAll(async () => {
  test = await startTestHub();
  demo = await startDemo({
    clusters: 60,
    seed: 7,
    port: 0,
    weatherMs: 0,
    packsDir: join(import.meta.dirname, '../../../../packs'),
    version: '0.0.0-test',
    logger: silentLogger,
  });
  demoClient = createApiClient({ server: demo.url, ca: demo.hub.ca, token: demo.token, userAgent: 'slipway-test' });
}, START);
afterAll(async () => {
  demoClient?.close();
  await Promise.all([demo?.stop(), test?.stop()]);
});

const places = (): Place[] => [test, { hub: demo.hub, url: demo.url, token: demo.token, client: demoClient }];

/** What is there to answer, without what must differ: who, when and which number. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (value === null || typeof value !== 'object') return typeof value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, shapeOf((value as Record<string, unknown>)[key])]),
  );
}

const API = '/apis/slipway.dev/v1';
const json = (text: string) => JSON.parse(text) as any;

/** The same question to both; the answers' status and what `told` makes of them are equal. */
async function asked(
  question: (place: Place) => Promise<{ status: number; text: string }>,
  told: (answer: any) => unknown = shapeOf,
): Promise<any> {
  const [here, there] = await Promise.all(places().map(question));
  expect(there?.status).toBe(here?.status);
  expect(told(json(there?.text ?? ''))).toEqual(told(json(here?.text ?? '')));
  return json(there?.text ?? '');
}

/** What a stream of two collections says of a change that is made while it is open. */
async function watched(place: Place): Promise<string[]> {
  const { metadata } = json((await requestOf(place, 'GET', `${API}/namespaces/contract/clusters`)).text);
  const transport = createTransport({ server: place.url, ca: place.hub.ca, token: place.token });
  const parts = ['clusters', 'machinepools'].map((plural) => `namespaces/contract/${plural}?resourceVersion=${metadata.resourceVersion}`);
  const query = new URLSearchParams(parts.map((part): [string, string] => ['of', part]));
  const found: string[] = [];
  for await (const line of transport.lines(`${API}/watch?${query.toString()}`, { signal: AbortSignal.timeout(60_000) })) {
    if (line === '' && found.length === 0) {
      const change = { metadata: { labels: { odd: 'very' } } };
      await place.client.patch({ kind: clusterKind, project: 'contract', name: 'three' }, change);
    }
    if (line === '') continue;
    const { of, type, object } = json(line);
    if (object.metadata.labels?.odd !== 'very') continue;
    found.push(`${of} ${type} ${object.metadata.name} ${object.metadata.labels.odd}`);
    break;
  }
  transport.close();
  return found;
}

describe('the demo answers as any other hub', () => {
  beforeAll(async () => {
    for (const { client } of places()) {
      await client.create(projectKind, { metadata: { name: 'contract' }, spec: {} } as unknown as NewObject);
      for (const name of ['one', 'two', 'three'])
        await client.create(clusterKind, {
          metadata: { name, namespace: 'contract', labels: { odd: String(name !== 'two') } },
          spec: { profile: { name: 'starter', version: '1.0.0' }, paused: true },
        } as unknown as NewObject);
    }
  }, START);

  it('lists and pages with the same counts', async () => {
    const list = `${API}/namespaces/contract/clusters?limit=2`;
    const page = await asked(
      (place) => requestOf(place, 'GET', list),
      ({ kind, apiVersion, items, metadata }) => [
        kind,
        apiVersion,
        items.map((one: any) => one.metadata.name),
        metadata.remainingItemCount,
      ],
    );
    expect(page.items).toHaveLength(2);
    for (const place of places()) {
      const first = json((await requestOf(place, 'GET', list)).text);
      const rest = json((await requestOf(place, 'GET', `${list}&continue=${first.metadata.continue}`)).text);
      expect(rest.items.map((one: any) => one.metadata.name)).toEqual(['two']);
    }
  });

  it('selects by labels and fields, and refuses a field that cannot be selected by', async () => {
    const names = ({ items }: any) => items.map((one: any) => one.metadata.name);
    await asked((place) => requestOf(place, 'GET', `${API}/namespaces/contract/clusters?labelSelector=odd%3Dtrue`), names);
    await asked((place) => requestOf(place, 'GET', `${API}/namespaces/contract/clusters?fieldSelector=spec.profile.name%3Dstarter`), names);
    const refused = await asked(
      (place) => requestOf(place, 'GET', `${API}/clusters?fieldSelector=spec.nothing%3D1`),
      ({ reason, code, message }) => [reason, code, message],
    );
    expect(refused.code).toBe(400);
  });

  it('a cluster has the same fields, and its status those of the kind', async () => {
    await asked(
      (place) => requestOf(place, 'GET', `${API}/namespaces/contract/clusters/one`),
      ({ spec }) => spec,
    );
    const answer = await requestOf(places()[1]!, 'GET', `${API}/clusters?limit=60`);
    const statuses = json(answer.text)
      .items.filter((one: any) => one.metadata.namespace !== 'contract')
      .map((one: any) => one.status);
    expect(statuses.length).toBe(57);
    for (const status of statuses) expect(clusterKind.status.parse(status)).toEqual(status);
  });

  it('answers a Table with the same columns', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const table = await asked(
      (place) => requestOf(place, 'GET', `${API}/namespaces/contract/clusters`, { headers: { accept } }),
      ({ kind, columnDefinitions, rows }) => [kind, columnDefinitions, rows.length],
    );
    expect(table.columnDefinitions.map(({ name }: any) => name)).toContain('STATUS');
  });

  it('patches, says a conflict, a missing object and a broken one in the same words', async () => {
    const path = `${API}/namespaces/contract/clusters/two`;
    const merge = { 'content-type': 'application/merge-patch+json' };
    const outcome = ({ kind, code, reason, message, spec }: any) => [kind, code, reason, message, spec?.drift];
    await asked((place) => requestOf(place, 'PATCH', path, { headers: merge, body: { spec: { drift: 'report' } } }), outcome);
    const conflict = await asked(
      (place) => requestOf(place, 'PATCH', path, { headers: merge, body: { metadata: { resourceVersion: '1' }, spec: { drift: 'heal' } } }),
      ({ code, reason }) => [code, reason],
    );
    expect(conflict.code).toBe(409);
    await asked((place) => requestOf(place, 'GET', `${API}/namespaces/contract/clusters/nobody`), outcome);
    const broken = await asked(
      (place) => requestOf(place, 'PATCH', path, { headers: merge, body: { spec: { drift: 'perhaps' } } }),
      ({ code, details }) => [code, details.causes],
    );
    expect(broken.code).toBe(422);
  });

  it('refuses who may not, and who is nobody', async () => {
    const tokens = new Map<string, string>();
    for (const { hub, client, url } of places()) {
      await client.create(userKind, { metadata: { name: 'nobody-special' }, spec: {} } as unknown as NewObject);
      await hub.identity.accounts.setPassword({ tenant: 'default', name: 'nobody-special' }, 'correct-horse-battery-9');
      const body = { tenant: 'default', user: 'nobody-special', password: 'correct-horse-battery-9', session: 'token' };
      const answer = await requestOf({ hub, url, token: '' }, 'POST', '/auth/login', { body, anonymous: true });
      tokens.set(url, json(answer.text).token);
    }
    // Whom to ask differs with who is there.
    const told = ({ code, reason, message }: any) => [code, reason, message.split('; ').slice(0, 2)];
    const forbidden = await asked((place) => requestOf({ ...place, token: tokens.get(place.url) ?? '' }, 'GET', `${API}/clusters`), told);
    expect(forbidden.code).toBe(403);
    const nobody = await asked((place) => requestOf(place, 'GET', `${API}/clusters`, { anonymous: true }), told);
    expect(nobody.code).toBe(401);
  });

  it('watches several collections in one answer, and goes on from a version', async () => {
    const seen = await Promise.all(places().map(watched));
    expect(seen[0]).toEqual(['0 MODIFIED three very']);
    expect(seen[1]).toEqual(seen[0]);
  });

  it('says that it is a demo, and no other hub does', async () => {
    const [here, there] = await Promise.all(places().map((place) => requestOf(place, 'GET', '/auth/session')));
    expect(json(here?.text ?? '').demo).toBeUndefined();
    expect(json(there?.text ?? '').demo).toBe(true);
  });
});

describe('the made-up fleet', () => {
  it('lives: what somebody pauses, makes and deletes takes its course', async () => {
    const [one] = json((await requestOf(places()[1]!, 'GET', `${API}/clusters?fieldSelector=status.phase%3DRunning&limit=1`)).text).items;
    const { namespace: project, name } = one.metadata;
    await demoClient.patch({ kind: clusterKind, project, name }, { spec: { paused: true } });
    const phase = async (of: { project: string; name: string }) =>
      ((await demoClient.get({ kind: clusterKind, ...of })) as { status?: { phase: string } }).status?.phase;
    await expect.poll(() => phase({ project, name }), { timeout: 30_000 }).toBe('Paused');
    await demoClient.patch({ kind: clusterKind, project, name }, { spec: { paused: false } });
    await expect.poll(() => phase({ project, name }), { timeout: 30_000 }).toBe('Running');
    await demoClient.create(clusterKind, {
      metadata: { name: 'fresh', namespace: 'contract' },
      spec: { profile: { name: 'store', version: '1.2.0' }, gateway: 'gw-eu-west' },
    } as unknown as NewObject);
    await expect.poll(() => phase({ project: 'contract', name: 'fresh' }), { timeout: 60_000 }).toBe('Provisioning');
    await demoClient.delete({ kind: clusterKind, project: 'contract', name: 'fresh' });
    await expect.poll(() => phase({ project: 'contract', name: 'fresh' }), { timeout: 30_000 }).toBe('Deleting');
  }, 180_000);
});
