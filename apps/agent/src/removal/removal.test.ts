import type { Tombstone } from '@slipway/model';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { configMap, createEngineHarness, definitionOf, deployment, type EngineHarness } from '../testing/engine-harness.ts';

let h: EngineHarness;
let ns = '';
beforeAll(async () => {
  h = await createEngineHarness();
}, 60_000);
afterAll(() => h?.stop());
beforeEach(async () => {
  ns = await h.nextNamespace();
  h.startEngine();
});
afterEach(() => h.stopEngine());

const PATIENT = { timeout: 30_000, interval: 50 };
const namespaceObject = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const inNamespace = <T extends { metadata: object }>(namespace: string, object: T): T => ({
  ...object,
  metadata: { ...object.metadata, namespace },
});
const live = (kind: string, name: string, namespace: string | undefined = ns, apiVersion = 'v1') =>
  h.kube.get({ apiVersion, kind, namespace, name });
const namespaceIsThere = async (name: string) => (await live('Namespace', name, undefined)) !== undefined;
const remove = async (...stones: Tombstone[]) => {
  await h.enforce([], stones);
  await h.removed(...stones);
};

test('a namespace that was made for layers goes with the last of them; Pods, events and what Kubernetes puts there do not hold it', async () => {
  const home = `${ns}-made`;
  const first = h.manifests('first', [inNamespace(home, deployment('web', { replicas: 2 }))], { namespace: home });
  const second = h.manifests('second', [configMap('b')], { namespace: home });
  await h.enforce([first, second]);
  await h.ready('second');
  await expect.poll(async () => (await h.kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: home })).length, PATIENT).toBe(2);
  // The inventory alone says what there is to remove: this tombstone names nothing.
  const gone = h.stone('first', { namespace: home });
  await h.enforce([second], [gone]);
  await h.removed(gone);
  expect(await live('Deployment', 'web', home, 'apps/v1')).toBeUndefined();
  expect(await live('ConfigMap', 'b', home)).toBeDefined();
  expect(h.kept('first')).toEqual([]);
  await remove(h.stone('second', { namespace: home }));
  expect(await namespaceIsThere(home)).toBe(false);
  expect(h.kept('second')).toEqual([]);
}, 90_000);

test('a namespace stays, and is listed with the reason, when it holds what no layer made; the list shrinks as people clear up', async () => {
  const [made, declared] = [`${ns}-made`, `${ns}-declared`];
  await h.enforce([
    h.manifests('app', [namespaceObject(declared), inNamespace(declared, configMap('own')), configMap('a')], { namespace: made }),
  ]);
  await h.ready('app');
  await h.kube.create(inNamespace(made, configMap('theirs')));
  await h.kube.create({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: declared },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  await remove(h.stone('app', { namespace: made }));
  expect(await live('ConfigMap', 'a', made)).toBeUndefined();
  expect(await live('ConfigMap', 'own', declared)).toBeUndefined();
  expect(await live('ConfigMap', 'theirs', made)).toBeDefined();
  expect(h.kept('app')).toEqual([
    `Namespace ${declared}: holds what the layer did not make: PersistentVolumeClaim data`,
    `Namespace ${made}: holds what the layer did not make: ConfigMap theirs`,
  ]);
  // What is left is remembered in the cluster, not by the agent.
  await h.stopEngine();
  await h.kubectl('delete', 'namespace', made, '--wait=true');
  h.startEngine();
  await h.enforce([]);
  await expect
    .poll(() => h.kept('app'), PATIENT)
    .toEqual([`Namespace ${declared}: holds what the layer did not make: PersistentVolumeClaim data`]);
}, 90_000);

test('what was there before the layer stays, whatever the layer did to it', async () => {
  const before = `${ns}-before`;
  await h.kube.create(namespaceObject(before));
  await h.kube.create(inNamespace(ns, configMap('old', { by: 'somebody' })));
  const objects = [namespaceObject(before), configMap('old', { by: 'layer' }), configMap('new')];
  await h.enforce([h.manifests('app', objects)]);
  await h.ready('app');
  expect((await h.get('ConfigMap', 'old'))?.['data']).toEqual({ by: 'layer' });
  // A change of the layer does not make it forget whose object it was.
  await h.enforce([h.manifests('app', [...objects, configMap('more')])]);
  await h.ready('app');
  await remove(h.stone('app'));
  expect(h.kept('app')).toEqual([`ConfigMap ${ns}/old: was there before the layer`, `Namespace ${before}: was there before the layer`]);
  expect(await h.get('ConfigMap', 'new')).toBeUndefined();
  expect(await h.get('ConfigMap', 'more')).toBeUndefined();
  expect(await namespaceIsThere(before)).toBe(true);
}, 60_000);

test('what others have taken over, and what asks to be kept, stays', async () => {
  const keep = { ...configMap('keep'), metadata: { name: 'keep', annotations: { 'helm.sh/resource-policy': 'keep' } } };
  const names = ['argo', 'released', 'owned', 'mine', 'plain'];
  // A label of another tool that the layer's own manifest sets says nothing.
  const mine = { ...configMap('mine'), metadata: { name: 'mine', labels: { 'app.kubernetes.io/managed-by': 'kustomize' } } };
  await h.enforce([
    h.manifests('app', [keep, mine, ...names.filter((name) => name !== 'mine').map((name) => configMap(name))], { drift: 'report' }),
  ]);
  await h.ready('app');
  const claim = (name: string, metadata: object) =>
    h.kube.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: ns, ...metadata } }, { fieldManager: 'somebody' });
  await claim('argo', { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:shop/argo' } });
  await claim('released', { annotations: { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'web' } });
  const owner = await h.kube.create(inNamespace(ns, configMap('owner')));
  await claim('owned', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }] });
  await remove(h.stone('app'));
  expect(h.kept('app')).toEqual([
    `ConfigMap ${ns}/argo: belongs to Argo CD (argocd.argoproj.io/tracking-id: shop:/ConfigMap:shop/argo)`,
    `ConfigMap ${ns}/keep: asks to be kept (annotation helm.sh/resource-policy: keep)`,
    `ConfigMap ${ns}/owned: is owned by ConfigMap owner`,
    `ConfigMap ${ns}/released: belongs to Helm release shop in namespace web`,
  ]);
  for (const name of ['mine', 'plain']) expect(await h.get('ConfigMap', name)).toBeUndefined();
}, 60_000);

test('a definition goes with the layer’s own objects of its kind, and stays when others have made some', async () => {
  const apiVersion = 'removal.slipway.dev/v1';
  const custom = (kind: string, name: string) => ({ apiVersion, kind, metadata: { name }, spec: {} });
  await h.enforce([
    h.manifests('app', [
      definitionOf('removal.slipway.dev', 'Widget'),
      definitionOf('removal.slipway.dev', 'Gizmo'),
      custom('Widget', 'own'),
      custom('Gizmo', 'own'),
    ]),
  ]);
  await h.ready('app');
  await h.kube.create(inNamespace('default', custom('Gizmo', 'theirs')));
  await remove(h.stone('app'));
  expect(h.kept('app')).toEqual([
    'CustomResourceDefinition gizmos.removal.slipway.dev: has objects that the layer did not make: default/theirs',
  ]);
  expect(await live('CustomResourceDefinition', 'widgets.removal.slipway.dev', undefined, 'apiextensions.k8s.io/v1')).toBeUndefined();
  expect(await live('Gizmo', 'own', ns, apiVersion)).toBeUndefined();
  expect(await live('Gizmo', 'theirs', 'default', apiVersion)).toBeDefined();
}, 60_000);

test('dependents go first, custom resources before what acts on them, and a crash in the middle is taken up by the next agent', async () => {
  const held = { ...configMap('held'), metadata: { name: 'held', finalizers: ['test.slipway.dev/hold'] } };
  const base = h.manifests('base', [configMap('base')]);
  const top = h.manifests('top', [held, configMap('free')], { dependsOn: [base.name] });
  await h.enforce([base, top]);
  await h.ready('top');
  const stones = [h.stone('base'), h.stone('top', { dependsOn: [base.name] })];
  await h.enforce([], stones);
  await expect.poll(() => h.factOf('top')?.message, PATIENT).toBe(`Waits for ConfigMap ${ns}/held (held by test.slipway.dev/hold) to go.`);
  expect(h.factOf('base')).toMatchObject({
    state: 'Removing',
    reason: 'WaitingForLayer',
    message: `Waits for layer ${top.name}, which depended on it, to be removed.`,
  });
  await h.stopEngine();
  h.startEngine();
  await h.enforce([], stones);
  await expect.poll(() => h.factOf('base')?.reason, PATIENT).toBe('WaitingForLayer');
  expect(await h.get('ConfigMap', 'base')).toBeDefined();
  await h.kube.patch({ apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'held' }, { metadata: { finalizers: null } });
  await h.removed(...stones);
  expect(await h.get('ConfigMap', 'base')).toBeUndefined();
  expect(await live('ConfigMap', `slipway-layer-${base.name}`, 'slipway-system')).toBeUndefined();
}, 90_000);

test('a removal that is repeated after the inventory has gone leaves what it left', async () => {
  await h.kube.create(inNamespace(ns, configMap('old', { by: 'somebody' })));
  await h.enforce([h.manifests('app', [configMap('old'), configMap('new')])]);
  await h.ready('app');
  const named = h.stone('app', { objects: ['old', 'new'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name })) });
  await remove(named);
  await h.stopEngine();
  h.startEngine();
  await remove(named);
  expect(await h.get('ConfigMap', 'old')).toBeDefined();
  expect(h.kept('app')).toEqual([`ConfigMap ${ns}/old: was there before the layer`]);
}, 60_000);

test('a layer that comes back owns what it had left', async () => {
  const keep = (policy: object) => ({ ...configMap('keep'), metadata: { name: 'keep', ...policy } });
  await h.enforce([h.manifests('app', [keep({ annotations: { 'helm.sh/resource-policy': 'keep' } })])]);
  await h.ready('app');
  await remove(h.stone('app'));
  expect(h.kept('app')).toHaveLength(1);
  await h.enforce([h.manifests('app', [keep({})])]);
  await h.ready('app');
  await h.enforce([h.manifests('app', [keep({})], { timeoutSeconds: 31 })]);
  await expect.poll(() => h.kept('app'), PATIENT).toEqual([]);
  await remove({ ...h.stone('app'), id: 'again' });
  expect(await h.get('ConfigMap', 'keep')).toBeUndefined();
  expect(h.kept('app')).toEqual([]);
}, 60_000);

test('an object that leaves a layer that stays is judged by the same rules', async () => {
  const declared = `${ns}-declared`;
  await h.enforce([h.manifests('app', [configMap('a'), namespaceObject(declared)])]);
  await h.ready('app');
  await h.kube.create(inNamespace(declared, configMap('theirs')));
  const stone = (id: string, object: object): Tombstone => ({ type: 'object', id, layer: `${ns}-app`, object: object as never });
  const stones = [
    stone('a', { apiVersion: 'v1', kind: 'Namespace', name: declared }),
    stone('b', { apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'a' }),
  ];
  await h.enforce([h.manifests('app', [configMap('b')])], stones);
  await h.removed(...stones);
  expect(await h.get('ConfigMap', 'a')).toBeUndefined();
  expect(h.kept('app')).toEqual([`Namespace ${declared}: holds what the layer did not make: ConfigMap theirs`]);
}, 60_000);
