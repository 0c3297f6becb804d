import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startApiServer, type TestApiServer } from '@slipway/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKubeClient } from './client.ts';
import { createInformer } from './informer.ts';
import { fromKubeconfig } from './kubeconfig.ts';
import type { KubeClient, KubeObject, KubeWatchEvent } from './types.ts';

let api: TestApiServer;
let kube: KubeClient;
const stop = new AbortController();

beforeAll(async () => {
  api = await startApiServer();
  kube = createKubeClient(await fromKubeconfig(api.kubeconfig));
}, 60_000);
afterAll(async () => {
  stop.abort();
  kube?.close();
  await api?.stop();
});

const kind = { apiVersion: 'v1', kind: 'ConfigMap' };
const namespace = async (name: string) => {
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
};
const configMap = (ns: string, name: string, value: string): KubeObject => ({
  ...kind,
  metadata: { name, namespace: ns, labels: { app: 'x' } },
  data: { value },
});

const answered = (name: string, resourceVersion: string) => ({ metadata: { name, namespace: 'default', uid: name, resourceVersion } });

/** The world as a watcher that trusts events alone sees it. */
function follower() {
  const world = new Map<string, string>();
  const problems: string[] = [];
  return {
    world,
    problems,
    onEvent(event: KubeWatchEvent) {
      const { name, resourceVersion } = event.object.metadata;
      const known = world.has(name);
      if (event.type === 'ADDED' && known) problems.push(`${name} added twice`);
      if (event.type !== 'ADDED' && !known) problems.push(`${event.type} of unknown ${name}`);
      if (event.type === 'DELETED') world.delete(name);
      else world.set(name, resourceVersion ?? '');
    },
  };
}
const truth = async (ns: string) =>
  Object.fromEntries(
    (await kube.list(kind, { namespace: ns })).map((item) => [item.metadata.name, item.metadata.resourceVersion]).toSorted(),
  );
const seen = (world: Map<string, string>) => Object.fromEntries([...world].toSorted());

test('under churn, full and metadata-only watchers see exactly what is there', async () => {
  const ns = await namespace('churn');
  const [full, light] = [follower(), follower()];
  let data: unknown;
  void kube.watch(kind, full.onEvent, stop.signal, { namespace: ns });
  void kube.watch(
    kind,
    (event) => {
      if (event.object['data'] !== undefined) data = event.object['data'];
      expect(event.object.kind).toBe('ConfigMap');
      light.onEvent(event);
    },
    stop.signal,
    { namespace: ns, metadataOnly: true },
  );
  await Promise.all(
    Array.from({ length: 8 }, async (_, worker) => {
      for (let round = 0; round < 40; round++) {
        const name = `cm-${worker}-${round % 7}`;
        if (round % 5 === 4) await kube.delete({ ...kind, namespace: ns, name });
        else await kube.apply(configMap(ns, name, String(round)), { fieldManager: 'test', force: true });
      }
    }),
  );
  const expected = await truth(ns);
  await expect.poll(() => seen(full.world), { timeout: 5000 }).toEqual(expected);
  await expect.poll(() => seen(light.world), { timeout: 5000 }).toEqual(expected);
  expect([...full.problems, ...light.problems]).toEqual([]);
  expect(data).toBeUndefined();
}, 30_000);

test('a killed API server: what happened meanwhile arrives, deletions included, and nothing is told twice', async () => {
  const ns = await namespace('restart');
  await kube.create(configMap(ns, 'stays', '1'));
  await kube.create(configMap(ns, 'goes', '1'));
  const watcher = follower();
  let errors = 0;
  void kube.watch(kind, watcher.onEvent, stop.signal, { namespace: ns, onError: () => errors++ });
  await expect.poll(() => watcher.world.size, { timeout: 5000 }).toBe(3 - 1);
  await api.kill();
  await expect.poll(() => errors, { timeout: 10_000 }).toBeGreaterThan(0);
  await api.restart();
  // Another client changes things before the watcher's backoff lets it return.
  await kube.delete({ ...kind, namespace: ns, name: 'goes' });
  await kube.create(configMap(ns, 'new', '1'));
  await expect.poll(async () => seen(watcher.world), { timeout: 20_000 }).toEqual(await truth(ns));
  expect(watcher.problems).toEqual([]);
}, 60_000);

test('an informer answers from memory and keeps its indexes', async () => {
  const ns = await namespace('informer');
  const informer = createInformer(kube, kind, { namespace: ns, indexes: { value: (object) => [String(object['data']?.['value'])] } });
  void informer.run(stop.signal);
  await informer.synced(AbortSignal.timeout(5000));
  await kube.create(configMap(ns, 'a', 'red'));
  await kube.create(configMap(ns, 'b', 'red'));
  await expect.poll(() => informer.byIndex('value', 'red').map((object) => object.metadata.name), { timeout: 5000 }).toEqual(['a', 'b']);
  await kube.patch({ ...kind, namespace: ns, name: 'a' }, { data: { value: 'blue' } });
  await kube.delete({ ...kind, namespace: ns, name: 'b' });
  await expect.poll(() => informer.size, { timeout: 5000 }).toBe(1);
  expect(informer.byIndex('value', 'red')).toEqual([]);
  expect(informer.byIndex('value', 'blue')).toHaveLength(1);
  expect(informer.get('a', ns)?.metadata.managedFields).toBeUndefined();
});

test('silence and 410 Gone lead to a new list, with synthetic deletions', async () => {
  // A scripted server: the real one cannot be made to go silent or to forget its history on demand.
  const lists = [[answered('a', '1'), answered('b', '2')], [answered('a', '1')], [answered('a', '1'), answered('c', '9')]];
  let listed = 0;
  let watched = 0;
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    const url = request.url ?? '';
    if (url === '/api/v1')
      return response.end(JSON.stringify({ resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: [] }] }));
    if (!url.includes('watch=1'))
      return response.end(JSON.stringify({ metadata: { resourceVersion: '10' }, items: lists[Math.min(listed++, 2)] }));
    watched++;
    if (watched === 2)
      return response.end(
        `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } })}\n`,
      );
    response.flushHeaders();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = createKubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, { watchSilenceMs: 200 });
  const events: string[] = [];
  const controller = new AbortController();
  const done = client.watch(kind, (event) => events.push(`${event.type} ${event.object.metadata.name}`), controller.signal);
  await expect.poll(() => events, { timeout: 5000 }).toEqual(['ADDED a', 'ADDED b', 'DELETED b', 'ADDED c']);
  controller.abort();
  await done;
  client.close();
  server.closeAllConnections();
  server.close();
});
