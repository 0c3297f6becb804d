import { run } from '@slipway/kit';
import type { PlanLayer, Tombstone } from '@slipway/model';
import { testTool } from '@slipway/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createChartShelf, type ChartShelf } from '../testing/chart-shelf.ts';
import { configMap, createEngineHarness, definitionOf, type EngineHarness } from '../testing/engine-harness.ts';

let h: EngineHarness;
let shelf: ChartShelf;
let ns = '';
beforeAll(async () => {
  shelf = createChartShelf();
  h = await createEngineHarness({ charts: shelf.file });
}, 60_000);
afterAll(() => h?.stop());
beforeEach(async () => {
  ns = await h.nextNamespace();
  h.startEngine();
});
afterEach(() => h.stopEngine());

const layerOf = (digest: string, more: Partial<PlanLayer> = {}, release = 'web'): PlanLayer => ({
  ...h.manifests('app', [], more),
  content: { type: 'chart', release, name: 'web', version: '1.0.0', digest, values: {} },
});
const stone = (more: object = {}): Tombstone => h.stone('app', { release: 'web', ...more });
const remove = async (...stones: Tombstone[]) => {
  await h.enforce([], stones);
  await h.removed(...stones);
};
const there = async (apiVersion: string, kind: string, name: string, namespace: string | undefined = ns) =>
  (await h.kube.get({ apiVersion, kind, namespace, name })) !== undefined;
const group = 'charts.slipway.dev';
const definition = (kind: string) => JSON.stringify(definitionOf(group, kind));
const settings = `
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-settings }
`;
const custom = (kind: string, name: string) => ({ apiVersion: `${group}/v1`, kind, metadata: { name, namespace: ns } });
const definitionThere = (kind: string) =>
  there('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${kind.toLowerCase()}s.${group}`, undefined);

test('helm removes a release but for what others use: definitions with their objects, namespaces with their things, what they took over', async () => {
  const inside = `${ns}-inside`;
  const templates = {
    'settings.yaml': `${settings}---${settings.replace('-settings', '-shared')}`,
    'definitions.yaml': `${definition('Rocket')}\n---\n${definition('Comet')}`,
    'namespace.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${inside} }\n`,
    'kept.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kept\n  annotations: { helm.sh/resource-policy: keep }\n`,
  };
  await h.enforce([layerOf(await shelf.add(h.api.dir, { name: 'web', version: '1.0.0', templates }), { drift: 'report' })]);
  await h.ready('app');
  h.kube.resetDiscovery();
  await h.kube.create(custom('Comet', 'theirs'));
  await h.kube.create({ ...configMap('theirs'), metadata: { name: 'theirs', namespace: inside } });
  await h.kubectl('annotate', 'configmap', 'web-shared', 'argocd.argoproj.io/tracking-id=shop');
  await remove(stone());
  expect(h.kept('app')).toEqual([
    `ConfigMap ${ns}/kept: asks to be kept (annotation helm.sh/resource-policy: keep)`,
    `ConfigMap ${ns}/web-shared: belongs to Argo CD (argocd.argoproj.io/tracking-id: shop)`,
    `Namespace ${inside}: holds what the layer did not make: ConfigMap theirs`,
    `CustomResourceDefinition comets.${group}: has objects that the layer did not make: ${ns}/theirs`,
  ]);
  expect(await there('v1', 'ConfigMap', 'web-settings')).toBe(false);
  expect([await definitionThere('Rocket'), await definitionThere('Comet')]).toEqual([false, true]);
  expect(await there(`${group}/v1`, 'Comet', 'theirs')).toBe(true);
  const { stdout } = await run(testTool('helm'), ['list', '-n', ns, '-q', '--kubeconfig', h.api.kubeconfig]);
  expect(stdout.trim()).toBe('');
}, 120_000);

test('definitions of the folder crds, which helm never removes, and what hooks left go as well; one that was there before stays', async () => {
  const hook = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-hook
  annotations: { helm.sh/hook: pre-install }
`;
  await h.kube.create(definitionOf(group, 'Moon'));
  const digest = await shelf.add(h.api.dir, {
    name: 'web',
    version: '1.0.0',
    templates: { 'settings.yaml': settings, 'hook.yaml': hook },
    crds: { 'star.yaml': definition('Star'), 'moon.yaml': definition('Moon') },
  });
  const home = `${ns}-home`;
  await h.enforce([layerOf(digest, { namespace: home })]);
  await h.ready('app');
  expect(await there('v1', 'ConfigMap', 'web-hook', home)).toBe(true);
  expect([await definitionThere('Star'), await definitionThere('Moon')]).toEqual([true, true]);
  await remove(stone({ namespace: home }));
  expect(h.kept('app')).toEqual([]);
  expect([await definitionThere('Star'), await definitionThere('Moon')]).toEqual([false, true]);
  expect(await there('v1', 'Namespace', home, undefined)).toBe(false);
}, 120_000);

test('the data of a StatefulSet stays and is listed, and the namespace with it', async () => {
  const home = `${ns}-home`;
  const set = `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  replicas: 1
  serviceName: db
  selector: { matchLabels: { app: db } }
  template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: "registry.test/db:1" }] } }
  volumeClaimTemplates: [{ metadata: { name: data }, spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } }]
`;
  const digest = await shelf.add(h.api.dir, { name: 'web', version: '1.0.0', templates: { 'db.yaml': set } });
  await h.enforce([layerOf(digest, { namespace: home, timeoutSeconds: 600 })]);
  await expect.poll(() => there('v1', 'PersistentVolumeClaim', 'data-db-0', home), { timeout: 30_000 }).toBe(true);
  await remove(stone({ namespace: home }));
  expect(h.kept('app')).toEqual([
    `Namespace ${home}: holds what the layer did not make: PersistentVolumeClaim data-db-0`,
    `PersistentVolumeClaim ${home}/data-db-0: holds data of StatefulSet db`,
  ]);
  expect(await there('apps/v1', 'StatefulSet', 'db', home)).toBe(false);
}, 120_000);

test('an install that failed half-way is removed as well', async () => {
  const broken = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Not_Allowed }\n`;
  const digest = await shelf.add(h.api.dir, {
    name: 'web',
    version: '1.0.0',
    templates: { 'settings.yaml': settings, 'broken.yaml': broken },
  });
  const other = h.manifests('other', [configMap('other')]);
  const waits = h.manifests('waits', [configMap('waits')], { dependsOn: [`${ns}-app`] });
  await h.enforce([layerOf(digest), other, waits]);
  await expect.poll(() => h.factOf('app'), { timeout: 30_000 }).toMatchObject({ state: 'Failed', reason: 'HelmFailed' });
  expect(h.factOf('app')?.message).toContain('Not_Allowed');
  await h.ready('other');
  expect(h.factOf('waits')).toMatchObject({ state: 'Waiting', message: `Waits for layer ${ns}-app to be ready.` });
  await h.enforce([other], [stone()]);
  await h.removed(stone());
  expect(await there('v1', 'ConfigMap', 'web-settings')).toBe(false);
  const record = await h.kube.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'slipway-system', name: `slipway-layer-${ns}-app` });
  expect(record).toBeUndefined();
}, 120_000);

test('a hook of the removal that fails is said in helm’s words, and takes nothing away before it has succeeded', async () => {
  const hook = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: Not_Allowed
  annotations: { helm.sh/hook: pre-delete }
`;
  const digest = await shelf.add(h.api.dir, { name: 'web', version: '1.0.0', templates: { 'settings.yaml': settings, 'hook.yaml': hook } });
  await h.enforce([layerOf(digest)]);
  await h.ready('app');
  await h.enforce([], [stone()]);
  await expect
    .poll(() => h.factOf('app'), { timeout: 30_000 })
    .toMatchObject({ state: 'Removing', reason: 'RemovalFailed', message: expect.stringContaining('Not_Allowed') });
  expect(await there('v1', 'ConfigMap', 'web-settings')).toBe(true);
  expect(h.engine().tombstonesDone()).toEqual([]);
}, 120_000);

test('two layers of one chart, in two namespaces, are two releases: one goes and the other stays whole', async () => {
  const digest = await shelf.add(h.api.dir, { name: 'web', version: '1.0.0', templates: { 'settings.yaml': settings } });
  const home = `${ns}-two`;
  const first = layerOf(digest);
  const second = { ...layerOf(digest, { namespace: home }, 'second'), name: `${ns}-second` };
  await h.enforce([first, second]);
  await h.ready('app');
  await h.ready('second');
  expect([await there('v1', 'ConfigMap', 'web-settings'), await there('v1', 'ConfigMap', 'second-settings', home)]).toEqual([true, true]);
  await h.enforce([second], [stone()]);
  await h.removed(stone());
  expect([await there('v1', 'ConfigMap', 'web-settings'), await there('v1', 'ConfigMap', 'second-settings', home)]).toEqual([false, true]);
  expect(h.kept('app')).toEqual([]);
  expect(h.factOf('second')?.state).toBe('Ready');
}, 120_000);
