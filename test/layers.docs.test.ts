import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { clusterProfileSpecSchema, clusterTombstones, resolve, type ClusterPlan, type PlanLayer, type ResolvedLayer } from '@slipway/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createEngineHarness, type EngineHarness } from '../apps/agent/src/testing/engine-harness.ts';
import { keptTable } from '../apps/cli/src/output/describe.ts';
import { renderTable } from '../apps/cli/src/output/table.ts';

const PATIENT = { timeout: 60_000, interval: 50 };
const page = await readFile(fileURLToPath(new URL('../docs/layers.md', import.meta.url)), 'utf8');
const [profileText = ''] = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
const outputs = [...page.matchAll(/^```text\n([\s\S]*?)^```/gm)].map(([, text = '']) => text.trimEnd());

const profile = parse(profileText, { merge: true }) as { metadata: { name: string }; spec: unknown };
const { versions } = clusterProfileSpecSchema.parse(profile.spec);

function layersOf(version: string): readonly ResolvedLayer[] {
  const found = versions.find((candidate) => candidate.version === version);
  if (found === undefined) throw new Error(`no version ${version}`);
  const ref = { scope: 'tenant', name: profile.metadata.name, version } as const;
  const result = resolve({ profiles: [{ ref, version: found }], variables: {} });
  if (!result.ok) throw new Error(result.message);
  return result.profile.layers;
}

/** As the hub makes them from a profile of manifests. */
const planOf = (layers: readonly ResolvedLayer[]): PlanLayer[] =>
  layers.map(({ name, type, namespace, dependsOn, timeoutSeconds, readiness, content }) => ({
    name,
    type,
    namespace,
    dependsOn: [...dependsOn],
    drift: 'heal',
    timeoutSeconds,
    ...(readiness === undefined ? {} : { readiness }),
    content:
      content.type === 'manifests'
        ? { type: 'manifests', objects: [...content.objects] }
        : { type: 'builtin', version: content.type === 'builtin' ? content.version : '' },
  }));

let h: EngineHarness;
beforeAll(async () => {
  h = await createEngineHarness();
  h.startEngine();
}, 120_000);
afterAll(async () => {
  await h?.stopEngine();
  await h?.stop();
});

const certificate = { apiVersion: 'example.org/v1', kind: 'Certificate', namespace: 'certificates', name: 'shop' };
const issued = (notAfter: string) =>
  h.kube.patch(certificate, { status: { notAfter, conditions: [{ type: 'Issued', status: 'True' }] } }, { subresource: 'status' });
/** The columns of `slipway describe cluster` that do not depend on the clock. */
const layers = () =>
  renderTable(
    ['LAYER', 'STATE', 'MESSAGE'],
    h
      .engine()
      .layers()
      .map(({ name, state, message }) => [name, state, message]),
  )
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');

test('the worked example of docs/layers.md shows what really happens', async () => {
  const before = layersOf('1.0.0');
  await h.enforce(planOf(before));
  await expect.poll(layers, PATIENT).toBe(outputs[0]);
  await issued('2029-01-01T00:00:00Z');
  await expect.poll(layers, PATIENT).toBe(outputs[1]);
  await issued('2031-01-01T00:00:00Z');
  await expect
    .poll(
      () =>
        h
          .engine()
          .layers()
          .map(({ state }) => state),
      PATIENT,
    )
    .toEqual(['Ready', 'Ready', 'Ready']);

  await h.kube.create({ apiVersion: certificate.apiVersion, kind: certificate.kind, metadata: { name: 'theirs', namespace: 'default' } });
  await h.kube.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'notes', namespace: 'certificates' } });
  const after = layersOf('1.1.0');
  const previous: ClusterPlan = {
    kind: 'ClusterPlan',
    clusterUid: 'uid-1',
    cluster: 'dev',
    project: 'default',
    revision: 1,
    profile: { name: 'shop', version: '1.0.0' },
    kubernetesVersion: 'v1.35.4',
    layers: planOf(before),
    tombstones: [],
  };
  const stones = clusterTombstones({ clusterUid: 'uid-1', previous, wanted: after, inventory: [], done: new Set(), approvals: [] });
  if (!stones.ok) throw new Error(stones.message);
  await h.enforce(planOf(after), [...stones.tombstones]);
  await h.removed(...stones.tombstones);
  const table = keptTable(h.keptFacts()).replaceAll(/^/gm, '  ');
  expect(`Left behind:\n${table}`).toBe(outputs[2]);
  expect(await h.kube.get(certificate)).toBeUndefined();
  expect(
    h
      .engine()
      .layers()
      .map(({ name, state }) => `${name} ${state}`),
  ).toEqual(['kubernetes Ready', 'shop Ready']);
}, 180_000);
