import { SlipwayError } from '@slipway/kit';
import { startApiServer, type TestApiServer } from '@slipway/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKubeClient } from './client.ts';
import { fromKubeconfig } from './kubeconfig.ts';
import type { KubeClient, KubeObject } from './types.ts';

let api: TestApiServer;
let kube: KubeClient;

beforeAll(async () => {
  api = await startApiServer();
  kube = createKubeClient(await fromKubeconfig(api.kubeconfig));
}, 60_000);
afterAll(async () => {
  kube?.close();
  await api?.stop();
});

const configMap = (name: string, data: Record<string, string> = { a: '1' }): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const ref = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name });
const refused = async (work: Promise<unknown>): Promise<SlipwayError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SlipwayError);
  return error as SlipwayError;
};

test('create, get, patch, delete with preconditions', async () => {
  const made = await kube.create(configMap('crud'));
  expect(made.metadata.uid).toBeTruthy();
  expect((await refused(kube.create(configMap('crud')))).code).toBe('AlreadyExists');
  const merged = await kube.patch(ref('crud'), { data: { b: '2' } });
  expect(merged['data']).toEqual({ a: '1', b: '2' });
  const patched = await kube.patch(ref('crud'), [{ op: 'remove', path: '/data/a' }]);
  expect(patched['data']).toEqual({ b: '2' });
  expect((await refused(kube.delete(ref('crud'), { uid: 'another' }))).code).toBe('Conflict');
  expect((await refused(kube.delete(ref('crud'), { resourceVersion: made.metadata.resourceVersion! }))).code).toBe('Conflict');
  await kube.delete(ref('crud'), { uid: made.metadata.uid! });
  expect(await kube.get(ref('crud'))).toBeUndefined();
  await kube.delete(ref('crud'));
});

test('server-side apply: dry run changes nothing, a foreign field is a conflict unless forced', async () => {
  await kube.apply(configMap('ssa', { a: '1' }), { fieldManager: 'one' });
  const dry = await kube.apply(configMap('ssa', { a: '2' }), { fieldManager: 'one', dryRun: true });
  expect(dry['data']).toEqual({ a: '2' });
  expect((await kube.get(ref('ssa')))?.['data']).toEqual({ a: '1' });
  const conflict = await refused(kube.apply(configMap('ssa', { a: '3' }), { fieldManager: 'two' }));
  expect(conflict.code).toBe('Conflict');
  expect(conflict.message).toContain('one');
  const forced = await kube.apply(configMap('ssa', { a: '3' }), { fieldManager: 'two', force: true });
  // An object read from the server can be sent back as it is.
  await kube.apply(forced, { fieldManager: 'three', force: true });
});

test('errors carry the code and the words of the server', async () => {
  const invalid = await refused(kube.create({ ...configMap('Not_A_Name') }));
  expect(invalid.code).toBe('Invalid');
  expect(invalid.causes.map((cause) => cause.field)).toContain('metadata.name');
  const nowhere = await refused(kube.create({ ...configMap('x'), metadata: { name: 'x', namespace: 'absent' } }));
  expect(nowhere.code).toBe('NotFound');
  expect(nowhere.message).toContain('absent');
  const other = createKubeClient({ ...kube.connection, token: 'wrong' });
  expect((await refused(other.list({ apiVersion: 'v1', kind: 'Pod' }))).code).toBe('Unauthorized');
  other.close();
  const untrusted = createKubeClient({ server: api.server, token: api.token });
  const distrust = await refused(untrusted.request('/version'));
  expect(distrust.code).toBe('Unavailable');
  expect(distrust.hint).toContain('certificate');
  untrusted.close();
  const closed = createKubeClient({ server: 'https://127.0.0.1:1' });
  expect((await refused(closed.request('/version'))).message).toContain('ECONNREFUSED');
  closed.close();
});

test('a kind that comes with a CRD later is found, and before that the error names it', async () => {
  const kind = { apiVersion: 'test.slipway.dev/v1', kind: 'Widget' };
  const missing = await refused(kube.list(kind));
  expect(missing.code).toBe('NotFound');
  expect(missing.message).toContain('Widget');
  await kube.apply(
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.test.slipway.dev' },
      spec: {
        group: 'test.slipway.dev',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
        scope: 'Cluster',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    },
    { fieldManager: 'test', force: true },
  );
  await expect
    .poll(() => kube.resource(kind).catch(() => undefined), { timeout: 10_000 })
    .toMatchObject({ plural: 'widgets', namespaced: false });
  expect(await kube.path({ ...kind, namespace: 'ignored', name: 'w' })).toBe('/apis/test.slipway.dev/v1/widgets/w');
  await expect
    .poll(
      () =>
        kube.apply({ ...kind, metadata: { name: 'w' } }, { fieldManager: 'test' }).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
});

test('long lists are read page by page and complete', async () => {
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'many' } });
  await Promise.all(
    Array.from({ length: 1203 }, (_, index) =>
      kube.create({ ...configMap(`cm-${index}`), metadata: { name: `cm-${index}`, namespace: 'many' } }),
    ),
  );
  const all = await kube.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: 'many' });
  expect(new Set(all.map((item) => item.metadata.name)).size).toBe(1203);
  expect(all[0]?.kind).toBe('ConfigMap');
}, 60_000);

test('a request that takes too long ends with Timeout, an aborted one with its reason', async () => {
  expect((await refused(kube.request('/api/v1/configmaps?watch=1&timeoutSeconds=30', { timeoutMs: 300 }))).code).toBe('Timeout');
  const controller = new AbortController();
  const work = kube.request('/api/v1/configmaps?watch=1&timeoutSeconds=30', { signal: controller.signal });
  const reason = new Error('stop');
  controller.abort(reason);
  await expect(work).rejects.toBe(reason);
});
