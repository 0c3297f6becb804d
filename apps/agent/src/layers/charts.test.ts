import { run } from '@slipway/kit';
import type { PlanLayer } from '@slipway/model';
import { testTool } from '@slipway/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createChartShelf, type ChartShelf } from '../testing/chart-shelf.ts';
import { createEngineHarness, definitionOf, type EngineHarness } from '../testing/engine-harness.ts';

let h: EngineHarness;
let shelf: ChartShelf;
const chart = (name: string, version: string, templates: Record<string, string>) => shelf.add(h.api.dir, { name, version, templates });

beforeAll(async () => {
  shelf = createChartShelf();
  h = await createEngineHarness({ charts: shelf.file });
}, 60_000);
afterAll(() => h?.stop());
beforeEach(async () => {
  await h.nextNamespace();
  h.startEngine();
});
afterEach(() => h.stopEngine());

const objects = `
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-settings }
data: { size: {{ .Values.size | quote }} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: 0
  selector: { matchLabels: { app: x } }
  template:
    metadata: { labels: { app: x } }
    spec: { containers: [{ name: app, image: "registry.test/app:1" }] }
`;
const guarded = `{{- if gt (int .Values.size) 9 }}{{ fail "size must be less than 10" }}{{ end }}`;
/** There is no node in this cluster, so a Job never ends and helm waits for it. */
const endless = `
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-hook
  annotations: { "helm.sh/hook": "pre-install,pre-upgrade" }
spec: { template: { spec: { restartPolicy: Never, containers: [{ name: a, image: "registry.test/a:1" }] } } }
`;

const layerOf = (digest: string, values: Record<string, unknown> = {}, more: Partial<PlanLayer> = {}): PlanLayer => ({
  ...h.manifests('app', [], more),
  content: { type: 'chart', release: 'web', name: 'web', version: '1.0.0', digest, values },
});
const size = async () => (await h.get('ConfigMap', 'web-settings'))?.['data'].size;
const revisions = async () =>
  (await h.kube.list({ apiVersion: 'v1', kind: 'Secret' }, { namespace: h.namespace(), labelSelector: 'owner=helm' })).length;

test('a chart is installed, upgraded when its values change, left alone when nothing does, and guarded against drift', async () => {
  const digest = await chart('web', '1.0.0', { 'objects.yaml': objects });
  await h.enforce([layerOf(digest)]);
  await h.ready('app');
  expect(await size()).toBe('1');
  expect(h.factOf('app')?.version).toBe('1.0.0');
  expect(h.factOf('app')?.objects.map((id) => `${id.kind} ${id.name}`)).toEqual(['ConfigMap web-settings', 'Deployment web']);
  await h.stopEngine();
  h.startEngine();
  await h.enforce([layerOf(digest)]);
  await h.ready('app');
  expect(await revisions()).toBe(1);

  await h.kubectl('patch', 'configmap', 'web-settings', '--type=merge', '-p', '{"data":{"size":"7"}}');
  await expect.poll(size, { interval: 10, timeout: 5000 }).toBe('1');
  await h.kubectl('delete', 'deployment', 'web');
  await expect.poll(() => h.get('Deployment', 'web', 'apps/v1'), { timeout: 5000 }).toBeDefined();
  // What the guard made anew still belongs to helm, and helm's own change is no drift.
  await h.enforce([layerOf(digest, { size: 2 })]);
  await h.ready('app');
  expect(await size()).toBe('2');
  expect(await revisions()).toBe(2);
  expect(h.drift().filter((fact) => fact.state === 'Open')).toEqual([]);
});

test('a chart that fails says so in helm’s own words, others go on, and fixing the plan recovers', async () => {
  const digest = await chart('web', '1.0.0', { 'objects.yaml': objects, 'check.yaml': guarded });
  const other = h.manifests('other', [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } }]);
  await h.enforce([layerOf(digest, { size: 10 }), other]);
  await expect.poll(() => h.factOf('app')?.message, { timeout: 10_000 }).toContain('size must be less than 10');
  expect(h.factOf('app')).toMatchObject({ state: 'Failed', reason: 'HelmFailed' });
  await h.ready('other');
  await h.enforce([layerOf(digest, { size: 9 }), other]);
  await h.ready('app');
  // An upgrade that fails keeps what is there, and its fix goes in at once.
  await h.enforce([layerOf(digest, { size: 11 }), other]);
  await expect.poll(() => h.factOf('app')?.state, { timeout: 10_000 }).toBe('Failed');
  expect(await size()).toBe('9');
  await h.kubectl('delete', 'configmap', 'web-settings');
  await expect.poll(size, { timeout: 5000 }).toBe('9');
  await h.enforce([layerOf(digest, { size: 3 }), other]);
  await h.ready('app');
  expect(await size()).toBe('3');
});

test('a chart that cannot be installed yet is tried again by itself, and those that build on it wait so long', async () => {
  const custom = `apiVersion: later.slipway.dev/v1\nkind: Later\nmetadata: { name: {{ .Release.Name }} }\n`;
  const digest = await chart('web', '1.0.0', { 'custom.yaml': custom });
  const waits = h.manifests('waits', [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'w' } }], {
    dependsOn: [`${h.namespace()}-app`],
  });
  await h.enforce([layerOf(digest), waits]);
  await expect.poll(() => h.factOf('app'), { timeout: 20_000 }).toMatchObject({ state: 'Failed', reason: 'HelmFailed' });
  expect(h.factOf('app')?.message).toMatch(/Later/);
  expect(h.factOf('waits')).toMatchObject({ state: 'Waiting', message: `Waits for layer ${h.namespace()}-app to be ready.` });
  // Somebody brings what was missing; the plan stays as it is.
  await h.kube.create(definitionOf('later.slipway.dev', 'Later'));
  await expect.poll(() => h.factOf('waits')?.state, { timeout: 60_000 }).toBe('Ready');
  expect(h.factOf('app')?.state).toBe('Ready');
}, 120_000);

test('a helm that was killed in the middle does not lock its release', async () => {
  const good = await chart('web', '1.0.0', { 'objects.yaml': objects });
  const hanging = await chart('web', '1.0.1', { 'objects.yaml': objects, 'hook.yaml': endless });
  await h.enforce([layerOf(good)]);
  await h.ready('app');
  await h.enforce([layerOf(hanging, {}, { timeoutSeconds: 300 })]);
  await expect.poll(() => h.get('Job', 'web-hook', 'batch/v1'), { timeout: 10_000 }).toBeDefined();
  await h.stopEngine();
  h.startEngine();
  await h.enforce([layerOf(good, { size: 4 })]);
  await h.ready('app');
  expect(await size()).toBe('4');
});

test('a layer tombstone uninstalls the release it made, and no other', async () => {
  const digest = await chart('web', '1.0.0', { 'objects.yaml': objects });
  await h.enforce([layerOf(digest)]);
  await h.ready('app');
  await run(testTool('helm'), ['install', 'theirs', await shelf.file(digest), '-n', h.namespace(), '--kubeconfig', h.api.kubeconfig]);
  await h.enforce([]);
  expect(await size()).toBe('1');
  const stone = (id: string, release: string) => ({
    type: 'layer' as const,
    id,
    layer: `${h.namespace()}-app`,
    release,
    namespace: h.namespace(),
    objects: [],
  });
  await h.enforce([], [stone('theirs', 'theirs'), stone('ours', 'web')]);
  await expect.poll(() => h.engine().tombstonesDone().toSorted(), { timeout: 10_000 }).toEqual(['ours', 'theirs']);
  expect(await size()).toBeUndefined();
  expect(await h.get('ConfigMap', 'theirs-settings')).toBeDefined();
});
