import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '@slipway/kit';
import { createKubeClient, fromKubeconfig, type KubeClient } from '@slipway/kube';
import type { SignedPlan } from '@slipway/model';
import { startApiServer, type TestApiServer } from '@slipway/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFilePlanStore, createSecretPlanStore } from './plan-store.ts';

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

/** Random bytes do not compress: the size in the cluster is the size given. */
const planOf = (bytes: number): SignedPlan => {
  const payload = randomBytes(Math.ceil((bytes * 3) / 4)).toString('base64');
  return { payload, hash: sha256Hex(payload), signature: 's', keyId: 'k' };
};
const secrets = async () =>
  (await kube.list({ apiVersion: 'v1', kind: 'Secret' }, { namespace: 'default' }))
    .map((secret) => secret.metadata.name)
    .filter((name) => name.startsWith('slipway-plan'));

test('small and large plans come back as they were, and parts of older ones go', async () => {
  const store = createSecretPlanStore(kube, 'default');
  expect(await store.load()).toBeUndefined();
  const small = planOf(1000);
  await store.save(small);
  expect(await store.load()).toEqual(small);
  const large = planOf(4_000_000);
  await store.save(large);
  expect(await createSecretPlanStore(kube, 'default').load()).toEqual(large);
  expect((await secrets()).length).toBeGreaterThan(3);
  await store.save(small);
  expect(await store.load()).toEqual(small);
  expect(await secrets()).toEqual(['slipway-plan']);
}, 30_000);

test('a kill between the parts of a new plan leaves the old one whole', async () => {
  const store = createSecretPlanStore(kube, 'default');
  const [old, next] = [planOf(2_500_000), planOf(2_500_000)];
  await store.save(old);
  let writes = 0;
  const dying: KubeClient = {
    ...kube,
    apply: (object, options) => (++writes > 2 ? Promise.reject(new Error('killed')) : kube.apply(object, options)),
  };
  await expect(createSecretPlanStore(dying, 'default').save(next)).rejects.toThrow('killed');
  expect(await createSecretPlanStore(kube, 'default').load()).toEqual(old);
}, 30_000);

test('in a file: readable by its owner only', async () => {
  const path = join(api.dir, 'agent', 'plan.json');
  const store = createFilePlanStore(path);
  expect(await store.load()).toBeUndefined();
  const plan = planOf(100);
  await store.save(plan);
  expect(await store.load()).toEqual(plan);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});
