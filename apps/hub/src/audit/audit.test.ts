import { sleep, waitFor } from '@slipway/kit';
import { auditRecordKind, chainVerifier, type ChainedRecord, clusterKind, registryKind, secretKind } from '@slipway/model';
import { testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from '../testing/test-hub.ts';

interface Answer {
  readonly status: number;
  readonly body: any;
}

describe.each(testEngines)('secrets and audit over the API on %s', (engine) => {
  let test: TestHub;
  beforeAll(async () => {
    test = await startTestHub(engine);
  }, 90_000);
  afterAll(() => test.stop());

  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const answer = await requestOf(test, method, path, { body, headers: { 'user-agent': 'audit-test/1', ...headers } });
    const json = String(answer.headers['content-type']).includes('json');
    return { status: answer.status, body: json ? JSON.parse(answer.text) : answer.text };
  };
  const fetchHeaders = async (path: string, headers: Readonly<Record<string, string>>) =>
    (await requestOf(test, 'GET', path, { headers })).headers;
  const CORE = '/api/v1/namespaces/default/secrets';
  const records = async (query = ''): Promise<any[]> => {
    const { body } = await call('GET', `/apis/slipway.dev/v1/auditchain/records?limit=200${query}`);
    return body.records.map((record: ChainedRecord) => ({ ...record, body: JSON.parse(record.body) }));
  };
  const b64 = (text: string) => Buffer.from(text).toString('base64');

  it('serves core/v1 Secret: values go in and never come out', async () => {
    const made = await call('POST', CORE, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's1' },
      stringData: { password: 'hunter2' },
      data: { user: b64('ada') },
    });
    expect([made.status, made.body]).toMatchObject([
      201,
      { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', data: { password: 'Kioq', user: 'Kioq' } },
    ]);
    expect(made.body.spec).toBeUndefined();
    expect(made.body.metadata.managedFields[0].fieldsV1['f:data']).toMatchObject({ 'f:password': {}, 'f:user': {} });
    const merged = await call(
      'PATCH',
      `${CORE}/s1`,
      { stringData: { password: 'x' }, data: { user: null } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect([merged.status, merged.body.data]).toEqual([200, { password: 'Kioq' }]);
    const strategic = await call(
      'PATCH',
      `${CORE}/s1`,
      { data: { more: b64('m') }, metadata: { labels: { a: 'b' } } },
      { 'content-type': 'application/strategic-merge-patch+json' },
    );
    expect([strategic.status, strategic.body.data, strategic.body.metadata.labels]).toEqual([
      200,
      { password: 'Kioq', more: 'Kioq' },
      { a: 'b' },
    ]);
    const json = await call(
      'PATCH',
      `${CORE}/s1`,
      [
        { op: 'remove', path: '/data/more' },
        { op: 'add', path: '/stringData/third', value: '3' },
      ],
      { 'content-type': 'application/json-patch+json' },
    );
    expect([json.status, json.body.data]).toEqual([200, { password: 'Kioq', third: 'Kioq' }]);
    const applied = await call(
      'PATCH',
      `${CORE}/s2?fieldManager=flux`,
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's2' }, stringData: { k: 'v' } },
      { 'content-type': 'application/apply-patch+yaml' },
    );
    expect([applied.status, applied.body.data]).toEqual([201, { k: 'Kioq' }]);
    const put = await call('PUT', `${CORE}/s1`, { ...json.body, data: { ...json.body.data, fourth: b64('4') } });
    expect([put.status, Object.keys(put.body.data).toSorted()]).toEqual([200, ['fourth', 'password', 'third']]);
    const list = await call('GET', CORE);
    expect([list.body.kind, list.body.apiVersion, list.body.items.map((item: any) => item.kind)]).toEqual([
      'SecretList',
      'v1',
      ['Secret', 'Secret'],
    ]);
    expect((await call('GET', `${CORE}/none`)).body).toMatchObject({ code: 404, message: 'secrets "none" not found' });
    expect((await call('POST', CORE, { metadata: { name: 'bad' }, data: { x: 'not base64!' } })).body).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'data.x' }] },
    });
    expect((await call('POST', CORE, { metadata: { name: 'bad' }, dta: {} })).body).toMatchObject({
      code: 400,
      message: expect.stringContaining('unknown field "dta"'),
    });
    expect((await test.client.get({ kind: secretKind, project: 'default', name: 's1' })).spec).toMatchObject({
      data: { password: 'Kioq' },
    });
    const { body: applied2 } = await call('POST', CORE, {
      metadata: {
        name: 's3',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ kind: 'Secret', stringData: { p: 'canary-la' } }),
        },
      },
      stringData: { p: 'canary-la' },
    });
    expect(JSON.stringify(applied2)).not.toContain('canary-la');
  });

  it('records changes with who, from where and by which request; reads of secrets; refusals', async () => {
    const made = await call('POST', '/apis/slipway.dev/v1/registries', {
      metadata: { name: 'seen' },
      spec: { type: 'helm', url: 'https://c.example' },
    });
    expect(made.status).toBe(201);
    await call(
      'PATCH',
      '/apis/slipway.dev/v1/registries/seen',
      { spec: { url: 'https://d.example' } },
      { 'content-type': 'application/merge-patch+json' },
    );
    await call('DELETE', '/apis/slipway.dev/v1/registries/seen');
    const [removed, changed, created] = await records('&name=seen');
    expect(created).toMatchObject({ resourceVersion: made.body.metadata.resourceVersion, body: { verb: 'create', outcome: 'ok' } });
    expect(created.body.user).toMatchObject({ kind: 'user', name: 'admin' });
    expect(created.body.source).toEqual({ ip: '127.0.0.1', userAgent: 'audit-test/1' });
    expect(created.body.request).toMatchObject({
      method: 'POST',
      path: '/apis/slipway.dev/v1/registries',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(changed.body.changes).toEqual([{ path: 'spec.url', from: 'https://c.example', to: 'https://d.example' }]);
    expect([removed.body.verb, removed.body.changes[0].from.spec.url]).toEqual(['remove', 'https://d.example']);
    await call('GET', `${CORE}/s1`);
    await call('GET', CORE);
    const reads = await records('&resource=secrets');
    expect(reads.slice(0, 2).map(({ body }) => [body.verb, body.object.name])).toEqual([
      ['list', undefined],
      ['get', 's1'],
    ]);
    // Anybody can say to ask for somebody else; only proxies that are named are believed.
    const headers = { authorization: 'Bearer nonsense', 'x-forwarded-for': '203.0.113.9' };
    const refused = await call('GET', '/apis/slipway.dev/v1/clusters', undefined, headers);
    expect(refused.status).toBe(401);
    await waitFor(async () => (await records('&outcome=denied')).length > 0, { what: 'the refusal', timeoutMs: 5000, intervalMs: 20 });
    expect((await records('&outcome=denied'))[0].body).toMatchObject({
      user: { kind: 'anonymous' },
      source: { ip: '127.0.0.1' },
      code: 401,
      verb: 'list',
      object: { resource: 'clusters' },
    });
  });

  it('records the access to a kubeconfig and to the tunnel before it is given', async () => {
    await test.client.create(clusterKind, {
      kind: 'Cluster',
      metadata: { name: 'c1', namespace: 'default' },
      spec: { profile: { name: 'starter', version: '1.0.0' }, cloudAccount: 'local', gateway: 'local' },
    } as never);
    const { status } = await call('GET', '/apis/slipway.dev/v1/namespaces/default/clusters/c1/kubeconfig');
    expect(status).toBe(200);
    expect((await call('GET', '/apis/slipway.dev/v1/namespaces/default/clusters/c1/proxy/api/v1/pods?x=secret')).status).toBe(503);
    const found = await records('&name=c1');
    const seen = found.map(({ body }) => `${body.verb} ${body.object.subresource ?? ''} ${body.request?.path ?? ''}`);
    expect(seen).toContain('get kubeconfig /apis/slipway.dev/v1/namespaces/default/clusters/c1/kubeconfig');
    expect(seen).toContain('get proxy /apis/slipway.dev/v1/namespaces/default/clusters/c1/proxy/api/v1/pods');
  });

  it('bounds refusals: a knocking crowd is counted, not written one by one', async () => {
    const before = (await records('&outcome=denied')).length;
    const start = Date.now();
    for (let n = 0; n < 60; n++) await call('GET', '/apis', undefined, { authorization: `Bearer bad${n}` });
    const most = 20 + (Date.now() - start) / 1000 + 2;
    expect((await records('&outcome=denied')).length - before).toBeLessThanOrEqual(most);
  });

  it('serves the chain as objects, read-only, to kubectl’s eyes', async () => {
    const { items } = await test.client.list(auditRecordKind, { fieldSelector: 'spec.object.name=seen,spec.verb!=remove', pageSize: 1 });
    expect(items.map((item) => (item.spec as any).verb)).toEqual(['create', 'update']);
    expect(items[0]?.metadata.name).toMatch(/^\d{12}$/);
    const one = await test.client.get({ kind: auditRecordKind, name: items[0]?.metadata.name ?? '' });
    expect(one.spec).toEqual(items[0]?.spec);
    await expect(test.client.delete({ kind: auditRecordKind, name: one.metadata.name })).rejects.toMatchObject({
      code: 'MethodNotAllowed',
    });
    const table = await call('GET', '/apis/slipway.dev/v1/auditrecords?limit=2', undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    expect(table.body.columnDefinitions.map((column: any) => column.name)).toContain('VERB');
    const seen: string[] = [];
    const abort = new AbortController();
    const watching = (async () => {
      const { metadata } = (await call('GET', '/apis/slipway.dev/v1/auditrecords?limit=1')).body;
      for await (const event of test.client.watch(auditRecordKind, metadata.resourceVersion, { signal: abort.signal }))
        if (event.type === 'ADDED') seen.push((event.object.spec as any).object?.name);
    })();
    await sleep(200);
    await test.client.create(registryKind, { kind: 'Registry', metadata: { name: 'while-watched' }, spec: { type: 'builtin' } });
    await waitFor(() => seen.includes('while-watched'), { what: 'the record', timeoutMs: 10_000, intervalMs: 50 });
    abort.abort();
    await watching;
  });

  it('says in every answer, also a refused or streamed one, that nothing of it is a page', async () => {
    for (const [path, headers] of [
      ['/healthz', {}],
      ['/apis/slipway.dev/v1/clusters', { authorization: 'Bearer x' }],
      ['/apis/slipway.dev/v1/projects?watch=true&timeoutSeconds=1', {}],
      ['/nowhere', {}],
    ] as const) {
      const answer = await fetchHeaders(path, headers);
      expect(answer['content-security-policy'], path).toContain('sandbox');
      expect(answer).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
      expect(answer['set-cookie']).toBeUndefined();
    }
  });

  it('gives out what it takes to verify, and it verifies', async () => {
    const { body: chain } = await call('GET', '/apis/slipway.dev/v1/auditchain');
    const verifier = chainVerifier(chain);
    for (let after = 0; ;) {
      const { body } = await call('GET', `/apis/slipway.dev/v1/auditchain/records?after=${after}&limit=50`);
      for (const record of body.records) verifier.add(record);
      if (body.records.length < 50) break;
      after = body.records.at(-1).seq;
    }
    const verdict = verifier.end();
    expect(verdict).toMatchObject({ ok: true, first: 1 });
    expect(verdict.records).toBeGreaterThan(30);
    expect((await call('GET', '/apis/slipway.dev/v1/auditchain/records?limit=5000')).status).toBe(400);
    expect((await call('GET', '/apis/slipway.dev/v1/auditchain/records?limt=5')).status).toBe(400);
  });
});
