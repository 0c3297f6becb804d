import { request as httpsRequest } from 'node:https';
import { codeOfStatus } from '@slipway/api';
import { type ApiObject, clusterKind, machinePoolKind, projectKind, registryKind } from '@slipway/model';
import { testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub } from './testing/test-hub.ts';

const registry = (name: string, extra: object = {}) => ({
  kind: 'Registry',
  metadata: { name, ...extra },
  spec: { type: 'helm' as const, url: 'https://charts.example.com' },
});
const BASE = '/apis/slipway.dev/v1';

describe.each(testEngines)('the API over HTTPS on %s', (engine) => {
  let test: TestHub;
  beforeAll(async () => {
    test = await startTestHub(engine);
  }, 90_000);
  afterAll(() => test.stop());

  const raw = (
    path: string,
    options: { method?: string; body?: string; headers?: Record<string, string>; token?: string | undefined } = {},
  ) =>
    new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: any }>((resolve, reject) => {
      const token = 'token' in options ? options.token : test.token;
      const outgoing = httpsRequest(
        `${test.url}${path}`,
        {
          method: options.method ?? 'GET',
          ca: test.hub.ca,
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
            ...options.headers,
          },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => {
            const isJson = String(response.headers['content-type']).includes('json');
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: isJson ? JSON.parse(text) : text });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(options.body);
    });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    raw(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers });

  it('answers 401 without a valid token, and says nothing else', async () => {
    for (const token of [undefined, 'x', `swt_000000000000_${'a'.repeat(43)}`]) {
      for (const path of [`${BASE}/clusters`, `${BASE}/namespaces/default/clusters/none`, '/api/v1/namespaces', '/apis', '/openapi/v3']) {
        const answer = await raw(path, { token });
        expect([answer.status, answer.body.reason], `${path} with ${token}`).toEqual([401, 'Unauthorized']);
        expect(answer.headers['www-authenticate']).toContain('Bearer');
      }
    }
    expect((await raw('/healthz', { token: undefined })).status).toBe(200);
    expect((await raw('/readyz', { token: undefined })).body).toBe('ok');
  });

  it('creates, reads, replaces with optimistic concurrency, patches and deletes', async () => {
    const made = await test.client.create(registryKind, registry('crud'));
    expect(made.metadata.managedFields).toHaveLength(1);
    await expect(test.client.create(registryKind, registry('crud'))).rejects.toMatchObject({ code: 'AlreadyExists' });
    const labelled = await test.client.patch({ kind: registryKind, name: 'crud' }, { metadata: { labels: { a: 'b' } } });
    expect(labelled.metadata.labels).toEqual({ a: 'b' });
    await expect(test.client.update(registryKind, { ...made, spec: { type: 'builtin' } })).rejects.toMatchObject({ code: 'Conflict' });
    const replaced = await test.client.update(registryKind, { ...labelled, spec: { type: 'builtin' } });
    expect(replaced.metadata.generation).toBe(2);
    const json = [
      { op: 'test', path: '/spec/type', value: 'builtin' },
      { op: 'remove', path: '/metadata/labels/a' },
    ];
    expect((await test.client.patch({ kind: registryKind, name: 'crud' }, json)).metadata.labels).toBeUndefined();
    await expect(
      test.client.patch({ kind: registryKind, name: 'crud' }, [{ op: 'test', path: '/spec/type', value: 'x' }]),
    ).rejects.toMatchObject({ code: 'Invalid' });
    await expect(test.client.delete({ kind: registryKind, name: 'crud' }, { uid: 'another' })).rejects.toMatchObject({ code: 'Conflict' });
    await test.client.delete({ kind: registryKind, name: 'crud' });
    expect(await test.client.find({ kind: registryKind, name: 'crud' })).toBeUndefined();
  });

  it('names a generated name freshly every time', async () => {
    const names = new Set<string>();
    for (let n = 0; n < 3; n++) {
      const { body } = await post(`${BASE}/registries`, { metadata: { generateName: 'gen-' }, spec: { type: 'builtin' } });
      names.add(body.metadata.name);
      expect(body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
    }
    expect(names.size).toBe(3);
  });

  it.each([
    [
      'an unknown field',
      { metadata: { name: 'x' }, spec: { type: 'helm', url: 'https://a.example', urll: 1 } },
      400,
      'spec.urll',
      'did you mean "url"',
    ],
    ['an unknown top-level field', { metadata: { name: 'x' }, spec: { type: 'builtin' }, specs: {} }, 400, 'specs', 'did you mean "spec"'],
    [
      'an unknown metadata field',
      { metadata: { name: 'x', label: {} }, spec: { type: 'builtin' } },
      400,
      'metadata.label',
      'did you mean "labels"',
    ],
    ['a wrong value', { metadata: { name: 'x' }, spec: { type: 'ftp' } }, 422, 'spec.type', 'ftp|builtin|Invalid'],
    ['a missing spec', { metadata: { name: 'x' } }, 422, 'spec.type', ''],
    ['a bad name', { metadata: { name: 'Not_Good' }, spec: { type: 'builtin' } }, 422, 'metadata.name', 'lower-case'],
    ['no name', { metadata: {}, spec: { type: 'builtin' } }, 422, 'metadata.name', 'generateName'],
    ['a bad label', { metadata: { name: 'x', labels: { 'a b': 'c' } }, spec: { type: 'builtin' } }, 422, 'metadata.labels[a b]', 'key'],
  ])('refuses %s before anything is stored, with its path and what would be right', async (_what, object, status, field, words) => {
    const { status: answered, body } = await post(`${BASE}/registries`, object);
    expect(answered, JSON.stringify(body)).toBe(status);
    expect(body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status });
    expect(body.details.causes.map((cause: { field: string }) => cause.field)).toContain(field);
    expect(JSON.stringify(body)).toMatch(new RegExp(words.replaceAll('"', '\\\\"')));
    expect((await raw(`${BASE}/registries/x`)).status).toBe(404);
  });

  it('refuses bodies that could mean two things, are too deep or too large', async () => {
    const twice = await post(`${BASE}/registries`, '{"metadata":{"name":"d"},"spec":{"type":"builtin","type":"helm"}}');
    expect([twice.status, twice.body.message]).toEqual([400, expect.stringContaining('duplicate field "spec.type"')]);
    const yaml = await post(`${BASE}/registries`, 'metadata: {name: d}\nspec:\n  type: builtin\n  type: helm\n', {
      'content-type': 'application/yaml',
    });
    expect([yaml.status, yaml.body.message]).toEqual([400, expect.stringContaining('line 4')]);
    const two = await post(`${BASE}/registries`, 'a: 1\n---\nb: 2\n', { 'content-type': 'application/yaml' });
    expect(two.status).toBe(400);
    const deep = await post(`${BASE}/registries`, `{"metadata":${'{"a":'.repeat(150)}1${'}'.repeat(150)}}`);
    expect([deep.status, deep.body.message]).toEqual([400, expect.stringContaining('levels deep')]);
    const proto = await post(`${BASE}/registries`, '{"metadata":{"name":"d","labels":{"__proto__":"x"}},"spec":{"type":"builtin"}}');
    expect(proto.status).toBe(400);
    const nul = await post(`${BASE}/registries`, '{"metadata":{"name":"d","annotations":{"a":"\\u0000"}},"spec":{"type":"builtin"}}');
    expect(nul.status).toBe(422);
    const large = await post(
      `${BASE}/registries`,
      JSON.stringify({ metadata: { name: 'd', annotations: { a: 'x'.repeat(4 << 20) } }, spec: { type: 'builtin' } }),
    );
    expect([large.status, large.body.reason]).toEqual([413, 'RequestEntityTooLarge']);
    const media = await post(`${BASE}/registries`, 'x', { 'content-type': 'text/plain' });
    expect([media.status, media.body.reason]).toEqual([415, 'UnsupportedMediaType']);
    const bad = await post(`${BASE}/registries`, '{"metadata":');
    expect(bad.status).toBe(400);
  });

  it('warns about unknown fields, or ignores them, when asked to', async () => {
    const object = { metadata: { name: 'warned' }, spec: { type: 'builtin', extra: true } };
    const warned = await post(`${BASE}/registries?fieldValidation=Warn&dryRun=All`, object);
    expect([warned.status, warned.body.spec, warned.headers.warning]).toEqual([
      201,
      { type: 'builtin' },
      expect.stringContaining('spec.extra'),
    ]);
    const ignored = await post(`${BASE}/registries?fieldValidation=Ignore&dryRun=All`, object);
    expect([ignored.status, ignored.headers.warning]).toEqual([201, undefined]);
    expect((await raw(`${BASE}/registries/warned`)).status, 'a dry run stores nothing').toBe(404);
    expect((await post(`${BASE}/registries?dryRun=Some`, object)).status).toBe(400);
  });

  it('keeps writers of read-only kinds and of missing projects out, with words', async () => {
    const machine = await post(`${BASE}/namespaces/default/machines`, { metadata: { name: 'm' }, spec: {} });
    expect([machine.status, machine.headers.allow, machine.body.reason]).toEqual([405, 'GET', 'MethodNotAllowed']);
    expect(machine.body.message).toContain('written by Slipway only');
    const nowhere = await post(`${BASE}/namespaces/nowhere/machinepools`, { metadata: { name: 'm' }, spec: { cluster: 'c', replicas: 1 } });
    expect([nowhere.status, nowhere.body.message]).toEqual([404, expect.stringContaining('"nowhere"')]);
    await expect(test.client.delete({ kind: projectKind, name: 'default' })).rejects.toMatchObject({ code: 'Forbidden' });
    const unknown = await raw(`${BASE}/namespaces/default/nothings`);
    expect([unknown.status, unknown.body.kind]).toEqual([404, 'Status']);
  });

  it('server-side apply: owns fields, refuses to take them, takes them when forced, removes what is no longer named', async () => {
    const apply = (manager: string, labels: Record<string, string>, force = false) =>
      test.client.apply(registryKind, { ...registry('ssa', { labels }), spec: { type: 'builtin' } }, { fieldManager: manager, force });
    await apply('one', { a: '1', shared: 'x' });
    const both = await apply('two', { b: '2', shared: 'x' });
    expect(both.metadata.labels).toEqual({ a: '1', b: '2', shared: 'x' });
    await expect(apply('two', { b: '2', a: 'mine' })).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('conflict with "one"'),
      causes: [{ field: '.metadata.labels.a', message: 'conflict with "one"' }],
    });
    expect((await apply('two', { b: '2', a: 'mine' }, true)).metadata.labels).toEqual({ a: 'mine', b: '2', shared: 'x' });
    // `one` no longer owns a, so letting go of it changes nothing; `shared` is its own alone by now.
    expect((await apply('one', {})).metadata.labels).toEqual({ a: 'mine', b: '2' });
    const before = await test.client.get({ kind: registryKind, name: 'ssa' });
    const again = await apply('two', { b: '2', a: 'mine' });
    expect(again.metadata.resourceVersion, 'applying the same again writes nothing').toBe(before.metadata.resourceVersion);
    await test.client.patch({ kind: registryKind, name: 'ssa' }, { metadata: { labels: { b: 'edited' } } }, { fieldManager: 'editor' });
    await expect(apply('two', { b: '2', a: 'mine' })).rejects.toMatchObject({ message: expect.stringContaining('"editor"') });
    const none = await raw(`${BASE}/registries/ssa`, {
      method: 'PATCH',
      body: '{}',
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect([none.status, none.body.message]).toEqual([400, expect.stringContaining('fieldManager')]);
  });

  it('a secret that is written again as it is: no new version by update, patch or apply, and no conflict with who owns it', async () => {
    const holding = (password: string) => ({
      ...registry('sealed'),
      spec: { type: 'helm' as const, url: 'https://charts.example.org', credentials: { type: 'basic' as const, username: 'me', password } },
    });
    const apply = (manager: string, password: string) => test.client.apply(registryKind, holding(password), { fieldManager: manager });
    const versions: (string | undefined)[] = [];
    const note = (object: { metadata: { resourceVersion?: string }; spec: unknown }) => {
      expect(JSON.stringify(object)).not.toContain('hunter');
      versions.push(object.metadata.resourceVersion);
    };
    note(await apply('one', 'hunter2'));
    note(await apply('one', 'hunter2'));
    note(await test.client.patch({ kind: registryKind, name: 'sealed' }, { spec: { credentials: { password: 'hunter2' } } }));
    const now = await test.client.get({ kind: registryKind, name: 'sealed' });
    note(await test.client.update(registryKind, { ...now, spec: holding('hunter2').spec } as typeof now));
    expect(new Set(versions).size).toBe(1);
    // The same value by another manager is shared, another one is a conflict.
    note(await apply('two', 'hunter2'));
    await expect(apply('two', 'hunter3')).rejects.toMatchObject({ code: 'Conflict', message: expect.stringContaining('"one"') });
    note(await test.client.apply(registryKind, holding('hunter3'), { fieldManager: 'two', force: true }));
    expect(new Set(versions).size).toBe(3);
  });

  it('many writers of one object: patches all arrive, applies all arrive', async () => {
    await test.client.create(registryKind, registry('busy'));
    await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        test.client.patch({ kind: registryKind, name: 'busy' }, { metadata: { labels: { [`p${n}`]: 'x' } } }),
      ),
    );
    const { metadata } = await test.client.get({ kind: registryKind, name: 'busy' });
    expect(Object.keys(metadata.labels ?? {})).toHaveLength(6);
    const made = await Promise.all(
      Array.from({ length: 4 }, () => test.client.apply(registryKind, registry('raced'), { fieldManager: 'same' })),
    );
    expect(new Set(made.map((object) => object.metadata.uid)).size).toBe(1);
  });

  it('lists with selectors and pages, refuses fields that cannot be selected', async () => {
    for (let n = 0; n < 5; n++)
      await test.client.create(registryKind, registry(`page-${n}`, { labels: { set: 'page', odd: String(n % 2) } }));
    const { items } = await test.client.list(registryKind, { labelSelector: 'set=page,odd in (1)' });
    expect(items.map((item) => item.metadata.name)).toEqual(['page-1', 'page-3']);
    const paged = await test.client.list(registryKind, { labelSelector: 'set=page', pageSize: 2 });
    expect(paged.items).toHaveLength(5);
    const named = await raw(`${BASE}/registries?fieldSelector=metadata.name%3Dpage-2`);
    expect(named.body.items).toHaveLength(1);
    const wrong = await raw(`${BASE}/registries?fieldSelector=spec.secret%3Dx`);
    expect([wrong.status, wrong.body.message]).toEqual([400, expect.stringContaining('field label not supported: spec.secret')]);
    expect((await raw(`${BASE}/registries?labelSelector=a+%3D%3D%3D`)).status).toBe(400);
    const exact = await raw(
      `${BASE}/registries?resourceVersion=${paged.resourceVersion}&resourceVersionMatch=Exact&labelSelector=set%3Dpage`,
    );
    expect([exact.body.items.length, exact.body.metadata.resourceVersion]).toEqual([5, paged.resourceVersion]);
  });

  it('watches: from a version, with initial events and their end, as a table, and Gone for what is no longer kept', async () => {
    const stop = new AbortController();
    const { resourceVersion } = await test.client.list(registryKind);
    const seen: [string, string][] = [];
    const watching = (async () => {
      for await (const event of test.client.watch(registryKind, resourceVersion, { labelSelector: 'w=1', signal: stop.signal })) {
        if (event.type === 'BOOKMARK') continue;
        seen.push([event.type, event.object.metadata.name]);
        if (seen.length === 3) return;
      }
    })();
    await test.client.create(registryKind, registry('unseen'));
    await test.client.create(registryKind, registry('seen', { labels: { w: '1' } }));
    await test.client.patch({ kind: registryKind, name: 'seen' }, { spec: { url: 'https://other.example.com' } });
    await test.client.patch({ kind: registryKind, name: 'seen' }, { metadata: { labels: { w: null } } });
    await watching;
    expect(seen).toEqual([
      ['ADDED', 'seen'],
      ['MODIFIED', 'seen'],
      ['DELETED', 'seen'],
    ]);
    expect(await streamLines(test, `${BASE}/registries?watch=true&timeoutSeconds=0&resourceVersion=${resourceVersion}`)).toEqual(
      expect.any(Array),
    );
    const streamed = await streamLines(
      test,
      `${BASE}/gateways?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1`,
    );
    expect(streamed.map((event) => event.type).slice(0, 2)).toEqual(['ADDED', 'BOOKMARK']);
    expect(streamed[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    const table = await streamLines(test, `${BASE}/gateways?watch=1&timeoutSeconds=1`, 'application/json;as=Table;v=v1;g=meta.k8s.io');
    expect(table[0]?.object).toMatchObject({
      kind: 'Table',
      rows: [{ cells: expect.arrayContaining(['local']), object: { kind: 'PartialObjectMetadata' } }],
    });
    const future = await streamLines(test, `${BASE}/gateways?watch=1&resourceVersion=99999999&timeoutSeconds=1`);
    expect(future[0]).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    stop.abort();
  });

  it('plans a change as a dry run, for a cluster that is and for one that is not yet', async () => {
    const objects = [
      {
        apiVersion: 'slipway.dev/v1',
        kind: 'Cluster',
        metadata: { name: 'planned' },
        spec: { profile: { name: 'starter', version: '1.0.0' } },
      },
      {
        apiVersion: 'slipway.dev/v1',
        kind: 'MachinePool',
        metadata: { name: 'planned-workers' },
        spec: { cluster: 'planned', replicas: 2 },
      },
    ];
    const plan = await post(`${BASE}/namespaces/default/clusters/planned/plan`, { objects });
    expect(plan.status, JSON.stringify(plan.body)).toBe(200);
    expect(plan.body.actions.length).toBeGreaterThan(0);
    expect((await raw(`${BASE}/namespaces/default/clusters/planned`)).status).toBe(404);
    const wrong = await post(`${BASE}/namespaces/default/clusters/planned/plan`, {
      objects: [{ ...objects[0], spec: { profile: { name: 'starter', version: '1.0.0' }, drft: 'heal' } }],
    });
    expect([wrong.status, wrong.body.message]).toEqual([400, expect.stringContaining('did you mean "drift"')]);
    const missing = await post(`${BASE}/namespaces/default/clusters`, {
      metadata: { name: 'c' },
      spec: { profile: { name: 'nope', version: '1.0.0' } },
    });
    expect([missing.status, missing.body.details.causes[0].field]).toEqual([422, expect.stringContaining('spec.profile')]);
  });

  it('gives a kubeconfig that goes through the hub as the caller, and a join token for a gateway', async () => {
    await post(`${BASE}/namespaces/default/clusters`, {
      metadata: { name: 'kc' },
      spec: { profile: { name: 'starter', version: '1.0.0' } },
    });
    const text = await test.client.text(`${BASE}/namespaces/default/clusters/kc/kubeconfig`);
    expect(text).toContain(`${test.url}${BASE}/namespaces/default/clusters/kc/proxy`);
    expect(text).toContain(test.token);
    const proxied = await raw(`${BASE}/namespaces/default/clusters/kc/proxy/api/v1/pods`);
    expect([proxied.status, proxied.body.kind]).toEqual([503, 'Status']);
    expect((await raw(`${BASE}/namespaces/default/clusters/other/proxy/api`)).status).toBe(404);
    expect((await raw(`${BASE}/namespaces/default/clusters/kc/proxy/api/v1/pods`, { token: undefined })).status).toBe(401);
    const join = await post(`${BASE}/gateways/local/jointoken`, {});
    expect(join.body.token).toMatch(/^swj_/);
    await test.client.delete({ kind: clusterKind, project: 'default', name: 'kc' });
    expect(
      (await test.client.get({ kind: clusterKind, project: 'default', name: 'kc' })).metadata.deletionTimestamp,
      'its finalizer holds it',
    ).toBeDefined();
    await expect(test.client.get({ kind: machinePoolKind, project: 'default', name: 'none' })).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('carries every error code there and back', () => {
    expect(codeOfStatus(409, 'AlreadyExists')).toBe('AlreadyExists');
    expect(codeOfStatus(409, 'Conflict')).toBe('Conflict');
    expect(codeOfStatus(410, 'Expired')).toBe('Gone');
    expect(codeOfStatus(418, undefined)).toBe('BadRequest');
  });
});

async function streamLines(
  test: TestHub,
  path: string,
  accept = 'application/json',
): Promise<{ type: string; object: ApiObject & Record<string, unknown> }[]> {
  const text = await test.client.text(path, { headers: { accept } });
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { type: string; object: ApiObject & Record<string, unknown> });
}
