import { silentLogger } from '@slipway/kit';
import { createKubeClient, fromKubeconfig, type KubeClient } from '@slipway/kube';
import { createAgentLink, createKubeTunnelHandler } from '@slipway/link';
import type { ClusterFacts, ClusterPlan, SignedPlan } from '@slipway/model';
import { createHelm } from '@slipway/packs';
import { startApiServer, startLinkHub, testTool, type TestApiServer, type TestLinkHub } from '@slipway/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runClusterAgent } from './cluster-agent.ts';
import { createSecretCredentialStore } from './plan/credential-secret.ts';
import { createSecretPlanStore } from './plan/plan-store.ts';

const UID = 'c1-uid';
const NAMESPACE = 'slipway-system';
let api: TestApiServer;
let hub: TestLinkHub;
let kube: KubeClient;
let agent: { stop(): Promise<void> };

beforeAll(async () => {
  [api, hub] = await Promise.all([startApiServer(), startLinkHub({ heartbeatSeconds: 1 })]);
  kube = createKubeClient(await fromKubeconfig(api.kubeconfig));
}, 60_000);
afterAll(async () => {
  await agent?.stop();
  kube?.close();
  await hub?.stop();
  await api?.stop();
});

const subject = { kind: 'cluster' as const, uid: UID, name: 'dev', project: 'default' };

async function startAgent(token: string | undefined): Promise<{ stop(): Promise<void> }> {
  const connection = await fromKubeconfig(api.kubeconfig);
  const own = createKubeClient(connection);
  const credentials = createSecretCredentialStore(own, NAMESPACE);
  const stop = new AbortController();
  const link = createAgentLink({
    hubUrl: hub.url,
    ca: hub.ca,
    credentials,
    joinToken: async () => token,
    version: '0.1.0',
    logger: silentLogger,
    tunnel: createKubeTunnelHandler(connection),
    retry: { baseMs: 50, maxMs: 500 },
  });
  const helm = createHelm({ binary: testTool('helm'), workDir: `${api.dir}/helm`, kubeconfig: api.kubeconfig, kube: own });
  const plans = createSecretPlanStore(own, NAMESPACE);
  const running = runClusterAgent(
    { kube: own, link, helm, credentials, plans, logger: silentLogger, version: '0.1.0', namespace: NAMESPACE, workDir: `${api.dir}/work` },
    stop.signal,
  );
  return {
    async stop() {
      stop.abort(new DOMException('stop', 'AbortError'));
      await running;
      own.close();
    },
  };
}

const configMap = (name: string, a: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { a },
});
const planOf = (objects: Record<string, unknown>[]): Omit<ClusterPlan, 'revision'> => ({
  kind: 'ClusterPlan',
  clusterUid: UID,
  cluster: 'dev',
  project: 'default',
  profile: { name: 'p', version: '1' },
  kubernetesVersion: 'v1.36.3',
  layers: [
    {
      name: 'app',
      type: 'addon',
      namespace: 'default',
      dependsOn: [],
      drift: 'heal',
      timeoutSeconds: 30,
      content: { type: 'manifests', objects },
    },
  ],
  tombstones: [],
});
const facts = async (): Promise<ClusterFacts | undefined> => (await hub.link.facts.cluster(UID))?.facts;
const valueOf = async (name: string) => (await kube.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name }))?.['data']?.a;
const edit = (name: string, a: string) =>
  kube.patch({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name }, { data: { a } }, { fieldManager: 'kubectl-edit' });
const node = (name: string, ready: string) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'node-role.kubernetes.io/control-plane': '' } },
  status: { conditions: [{ type: 'Ready', status: ready, reason: 'KubeletNotReady', message: 'cni plugin not initialized' }] },
});

test('joins, enforces the plan, reports layers, nodes, drift and health', async () => {
  agent = await startAgent(await hub.link.joinTokens.issue(subject, 60_000));
  await hub.link.plans.publishCluster(planOf([configMap('one', '1')]));
  await expect.poll(async () => (await facts())?.layers[0]?.state, { timeout: 15_000 }).toBe('Ready');
  expect(await valueOf('one')).toBe('1');
  const credential = await kube.get({ apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'slipway-agent-credential' });
  expect(Buffer.from(credential!['data'].identity, 'base64').toString()).toContain('swa_');

  expect((await facts())?.health).toMatchObject({ healthy: false });
  await kube.create(node('n1', 'False'));
  await expect
    .poll(async () => (await facts())?.nodes)
    .toMatchObject([{ name: 'n1', ready: false, roles: ['control-plane'], reason: 'cni plugin not initialized' }]);
  await kube.patch({ apiVersion: 'v1', kind: 'Node', name: 'n1' }, node('n1', 'True'), { subresource: 'status' });
  await expect.poll(async () => (await facts())?.health.healthy).toBe(true);
  expect((await facts())?.kubernetesVersion).toMatch(/^v1\./);

  const before = performance.now();
  await edit('one', 'x');
  await expect
    .poll(async () => (await facts())?.drift[0], { interval: 10 })
    .toMatchObject({ state: 'Healed', type: 'Changed', manager: 'kubectl-edit' });
  const told = performance.now() - before;
  console.log(`drift known to the hub and healed after ${Math.round(told)} ms`);
  expect(told).toBeLessThan(1000);
  expect(await valueOf('one')).toBe('1');
}, 30_000);

test('new plans arrive by themselves and are in force at once', async () => {
  const objects = [configMap('one', '1')];
  const took: number[] = [];
  for (let index = 0; index < 20; index++) {
    objects.push(configMap(`two-${index}`, '1'));
    const before = performance.now();
    await hub.link.plans.publishCluster(planOf(objects));
    await expect.poll(() => valueOf(`two-${index}`), { interval: 2 }).toBe('1');
    took.push(performance.now() - before);
  }
  await hub.link.plans.publishCluster(planOf([configMap('one', '1'), configMap('two', '1')]));
  await expect.poll(() => valueOf('two'), { interval: 5 }).toBe('1');
  took.sort((a, b) => a - b);
  console.log(
    `a manifest published by the hub is in the cluster after: p50 ${Math.round(took[10]!)} ms, longest ${Math.round(took[19]!)} ms`,
  );
});

test('with the hub away it heals, and after a restart too', async () => {
  await hub.goAway();
  await edit('one', 'x');
  await expect.poll(() => valueOf('one'), { timeout: 5000 }).toBe('1');
  await agent.stop();
  await edit('one', 'y');
  await kube.delete({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'two' });
  agent = await startAgent(undefined);
  await expect.poll(async () => [await valueOf('one'), await valueOf('two')], { timeout: 10_000 }).toEqual(['1', '1']);
  await hub.comeBack();
  await expect.poll(async () => (await facts())?.drift.length, { timeout: 15_000 }).toBeGreaterThan(1);
}, 40_000);

test('older, foreign, broken and badly signed plans are refused with a reason and delete nothing', async () => {
  const kept = (await hub.link.plans.latestCluster(UID))!;
  const serve = async (signed: SignedPlan) => {
    await agent.stop();
    // What a restored or tampered hub would serve.
    const { pullPlan } = { pullPlan: signed };
    forced = pullPlan;
    agent = await startForcedAgent();
  };
  let forced: SignedPlan = kept.signed;
  const refused: string[] = [];
  const startForcedAgent = async () => {
    const own = createKubeClient(await fromKubeconfig(api.kubeconfig));
    const stop = new AbortController();
    const credentials = createSecretCredentialStore(own, NAMESPACE);
    const { followPlan } = await import('./plan/follow-plan.ts');
    const { verifySignedPlan } = await import('@slipway/link');
    const identity = (await credentials.load())!.joined!;
    const running = followPlan(
      {
        link: {
          onPlanAvailable: () => undefined,
          setPlan: () => undefined,
          joined: async () => identity.subject as typeof subject,
          pullPlan: async () => ({ state: 'new', verified: verifySignedPlan(forced, identity.planKey) }),
        },
        credentials,
        store: createSecretPlanStore(own, NAMESPACE),
        logger: silentLogger,
        onPlan: (plan) => refused.push(`in force: ${plan.revision}`),
        onRefused: (next) => refused.push(next?.reason ?? 'none'),
      },
      stop.signal,
    );
    return {
      async stop() {
        stop.abort(new DOMException('stop', 'AbortError'));
        await running;
        own.close();
      },
    };
  };
  const empty = { ...planOf([]), layers: [], revision: kept.plan.revision - 1 };
  await serve(hub.signer.sign(empty));
  await expect.poll(() => refused.at(-1)).toBe('PlanOlder');
  await serve(hub.signer.sign({ ...empty, clusterUid: 'other', revision: 999 }));
  await expect.poll(() => refused.at(-1)).toBe('PlanForAnotherCluster');
  await serve({ ...kept.signed, payload: kept.signed.payload.replace('default', 'defaulT') });
  await expect.poll(() => refused.at(-1)).toBe('PlanSignatureInvalid');
  await serve(hub.signer.sign({ kind: 'ClusterPlan', revision: 999 } as unknown as ClusterPlan));
  await expect.poll(() => refused.at(-1)).toBe('PlanBroken');
  // Each restart took up the kept plan again, and nothing was taken away.
  expect(refused.filter((word) => word.startsWith('in force'))).toEqual(Array.from({ length: 4 }, () => `in force: ${kept.plan.revision}`));
  expect([await valueOf('one'), await valueOf('two')]).toEqual(['1', '1']);
}, 30_000);

test('a validly signed newer empty plan stops enforcing and deletes nothing', async () => {
  await agent.stop();
  agent = await startAgent(undefined);
  await hub.link.plans.publishCluster({ ...planOf([]), layers: [] });
  await expect.poll(async () => (await facts())?.layers, { timeout: 10_000 }).toEqual([]);
  expect([await valueOf('one'), await valueOf('two')]).toEqual(['1', '1']);
}, 30_000);

test('gates of a signed plan, and what a removal left, go up as facts; a restart of the agent forgets neither', async () => {
  const PATIENT = { timeout: 30_000 };
  const home = (object: ReturnType<typeof configMap>) => ({ ...object, metadata: { ...object.metadata, namespace: 'gated' } });
  const layer = {
    name: 'gated',
    type: 'addon' as const,
    namespace: 'gated',
    dependsOn: [],
    drift: 'heal' as const,
    timeoutSeconds: 300,
    readiness: [{ type: 'expression', apiVersion: 'v1', kind: 'ConfigMap', name: 'leader', expression: 'object.data.a != ""' }],
    content: { type: 'manifests' as const, objects: [home(configMap('own', '1'))] },
  };
  const fact = async () => (await facts())?.layers.find(({ name }) => name === 'gated');
  await hub.link.plans.publishCluster({ ...planOf([]), layers: [layer] });
  await expect
    .poll(fact, PATIENT)
    .toMatchObject({ state: 'Installing', reason: 'WaitingForGate', message: 'Waits for ConfigMap leader: is not there', gates: 1 });
  await kube.create(home(configMap('leader', 'db-0')));
  await expect.poll(async () => (await fact())?.state, PATIENT).toBe('Ready');

  const stone = { type: 'layer' as const, id: 'gone', layer: 'gated', namespace: 'gated', objects: [] };
  await hub.link.plans.publishCluster({ ...planOf([]), layers: [], tombstones: [stone] });
  await expect.poll(async () => (await facts())?.tombstonesDone, PATIENT).toEqual(['gone']);
  const left = [
    {
      layer: 'gated',
      kept: [{ object: { kind: 'Namespace', name: 'gated' }, reason: 'holds what the layer did not make: ConfigMap leader' }],
    },
  ];
  await expect.poll(async () => (await facts())?.kept, PATIENT).toMatchObject(left);
  expect(await kube.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'gated', name: 'own' })).toBeUndefined();
  await agent.stop();
  agent = await startAgent(undefined);
  await hub.link.plans.publishCluster({ ...planOf([]), layers: [] });
  await expect.poll(async () => [(await facts())?.tombstonesDone, (await facts())?.kept?.length], PATIENT).toEqual([[], 1]);
  expect((await facts())?.kept).toMatchObject(left);
}, 90_000);
