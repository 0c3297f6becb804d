import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, systemClock, waitFor } from '@slipway/kit';
import { createKubeClient, fromKubeconfig, type KubeClient, type KubeObject } from '@slipway/kube';
import { createAgentLink, createFileCredentialStore } from '@slipway/link';
import type { LoadBalancerDriver, MachineDriver } from '@slipway/machines';
import type { GatewayCluster, GatewayFacts, GatewayPlan, Tombstone } from '@slipway/model';
import { looseCrd, serveKinds, startApiServer, startLinkHub, type TestApiServer, type TestLinkHub } from '@slipway/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFilePlanStore } from '../plan/plan-store.ts';
import { runGatewayAgent } from './gateway-agent.ts';

const UID = 'gateway-uid';
const CAPI = 'cluster.x-k8s.io/v1beta2';
const CLUSTER = { apiVersion: CAPI, kind: 'Cluster' };
const KINDS = [
  CLUSTER,
  { apiVersion: CAPI, kind: 'Machine' },
  { apiVersion: CAPI, kind: 'MachineDeployment' },
  { apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2', kind: 'KubeadmControlPlane' },
  { apiVersion: 'infrastructure.cluster.x-k8s.io/v1alpha1', kind: 'LocalCluster' },
  { apiVersion: 'infrastructure.cluster.x-k8s.io/v1alpha1', kind: 'LocalMachine' },
];
let api: TestApiServer;
let hub: TestLinkHub;
let kube: KubeClient;
let agent: { stop(): Promise<void> };

beforeAll(async () => {
  [api, hub] = await Promise.all([startApiServer({ controllers: true }), startLinkHub({ heartbeatSeconds: 1 })]);
  kube = createKubeClient(await fromKubeconfig(api.kubeconfig));
  await serveKinds(kube, KINDS.map(looseCrd), KINDS);
}, 60_000);
afterAll(async () => {
  await agent?.stop();
  kube?.close();
  await hub?.stop();
  await api?.stop();
});

/** A host without machines: what the provider does with them has tests of its own. */
const nothing: Pick<MachineDriver, 'list' | 'get' | 'watch'> = {
  list: async () => [],
  get: async () => undefined,
  watch: (_onChange, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
};

/** As a process of its own would start: everything it knows is in files and at the hub. */
async function startAgent(token?: string) {
  const own = createKubeClient(await fromKubeconfig(api.kubeconfig));
  const credentials = createFileCredentialStore(join(api.dir, 'credential.json'));
  const stop = new AbortController();
  const link = createAgentLink({
    hubUrl: hub.url,
    ca: hub.ca,
    credentials,
    joinToken: async () => token,
    version: '0.1.0',
    logger: silentLogger,
    retry: { baseMs: 50, maxMs: 500 },
  });
  const running = Promise.all([
    link.start(stop.signal),
    runGatewayAgent(
      {
        kube: own,
        link,
        credentials,
        plans: createFilePlanStore(join(api.dir, 'plan.json')),
        machines: nothing as MachineDriver,
        loadBalancers: {} as LoadBalancerDriver,
        toolchain: { ensureVersion: async () => undefined, readyVersions: async () => [] },
        agent: { image: 'slipway.dev/agent:test', hubUrl: hub.url, hubCa: hub.ca },
        logger: silentLogger,
        version: '0.1.0',
        clock: systemClock,
      },
      stop.signal,
    ),
  ]);
  return {
    async stop() {
      stop.abort(new DOMException('stop', 'AbortError'));
      await running;
      own.close();
    },
  };
}

const clusterOf = (uid: string): GatewayCluster => ({
  clusterUid: uid,
  name: 'dev',
  project: 'default',
  namespace: `slipway-${uid}`,
  cloud: 'local',
  kubernetesVersion: 'v1.35.4',
  objects: [
    { ...CLUSTER, metadata: { name: 'dev', namespace: `slipway-${uid}`, labels: { 'slipway.dev/cluster-uid': uid } }, spec: {} },
  ] as unknown as Record<string, unknown>[],
});
const publish = (clusters: GatewayCluster[], tombstones: Tombstone[] = []) => {
  const plan: Omit<GatewayPlan, 'revision'> = { kind: 'GatewayPlan', gatewayUid: UID, gateway: 'local', clusters, tombstones };
  return hub.link.plans.publishGateway(plan);
};
const facts = async (): Promise<GatewayFacts | undefined> => (await hub.link.facts.gateway(UID))?.facts;
const factsOf = async (uid: string) => (await facts())?.clusters.find((cluster) => cluster.clusterUid === uid);
const dev = (uid: string) => kube.get({ ...CLUSTER, namespace: `slipway-${uid}`, name: 'dev' });
const ready = async () => (await facts())?.health.conditions.find((condition) => condition.type === 'Ready');
const eventually = (what: string, probe: () => Promise<unknown>) =>
  waitFor(async () => Boolean(await probe()), { what, timeoutMs: 20_000, intervalMs: 20 });

test('it joins and says how its gateway is: whether Cluster API is there and what keeps it from working', async () => {
  const subject = { kind: 'gateway' as const, uid: UID, name: 'local' };
  agent = await startAgent(await hub.link.joinTokens.issue(subject, 60_000));
  await eventually('the first facts', async () => (await ready())?.message === 'Cluster API is not installed yet.');
  expect(await facts()).toMatchObject({ agentVersion: '0.1.0', planRevision: 0, health: { healthy: false } });
  const container = { name: 'manager', image: 'example.com/capi' };
  const controller: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'capi', namespace: 'default', labels: { 'cluster.x-k8s.io/provider': 'cluster-api' } },
    spec: {
      selector: { matchLabels: { app: 'capi' } },
      template: { metadata: { labels: { app: 'capi' } }, spec: { containers: [container] } },
    },
  };
  await kube.create(controller);
  await eventually('the trouble', async () => (await ready())?.message.startsWith('capi: '));
  // Nobody runs pods here: the Deployment becomes available because the test says so, until its controller says otherwise again.
  const available = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  await kube.delete({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'capi' });
  await eventually('its absence', async () => (await ready())?.message === 'Cluster API is not installed yet.');
  await kube.create({ ...controller, spec: { ...controller['spec'], paused: true, replicas: 1 } });
  await eventually('health', async () => {
    await kube.patch(
      { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'capi' },
      { status: available },
      { subresource: 'status' },
    );
    return (await facts())?.health.healthy;
  });
}, 40_000);

test('a plan is in force as soon as it is published, and the hub hears what became of it', async () => {
  const { revision } = await publish([clusterOf('aaaa0001')]);
  await eventually('the cluster', () => dev('aaaa0001'));
  await eventually('the facts', async () => (await facts())?.planRevision === revision && (await factsOf('aaaa0001'))?.appliedHash);
  expect(await factsOf('aaaa0001')).toMatchObject({ agentInstalled: false });
});

test('a cluster whose API server answers gets an agent with a token that the hub has issued for it and no other', async () => {
  await kube.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'dev-kubeconfig', namespace: 'slipway-aaaa0001' },
    // The new cluster's API server, as far as this test goes, is the one it is made with.
    data: { value: (await readFile(api.kubeconfig)).toString('base64') },
  });
  await eventually('the agent', async () => (await factsOf('aaaa0001'))?.agentInstalled);
  const secret = await kube.get({ apiVersion: 'v1', kind: 'Secret', namespace: 'slipway-system', name: 'slipway-agent-link' });
  const token = Buffer.from(secret?.['data']['join-token'] ?? '', 'base64').toString();
  const joins = createAgentLink({
    hubUrl: hub.url,
    ca: hub.ca,
    credentials: createFileCredentialStore(join(api.dir, 'new-cluster.json')),
    joinToken: async () => token,
    version: '0.1.0',
    logger: silentLogger,
  });
  const stop = new AbortController();
  void joins.start(stop.signal);
  expect(await joins.joined()).toMatchObject({ kind: 'cluster', uid: 'aaaa0001' });
  stop.abort();
});

test('with the hub away it keeps its last plan in force, after a restart too, and is heard again when the hub is back', async () => {
  const kept = await publish([clusterOf('aaaa0001'), clusterOf('aaaa0002')]);
  await eventually('the second cluster', async () => (await dev('aaaa0002')) && (await facts())?.planRevision === kept.revision);
  await hub.goAway();
  await agent.stop();
  await kube.delete({ ...CLUSTER, namespace: 'slipway-aaaa0002', name: 'dev' });
  agent = await startAgent();
  await eventually('the cluster again', () => dev('aaaa0002'));
  await hub.comeBack();
  await eventually('the agent', async () => hub.link.facts.connection(UID).connected);
  const next = await publish([clusterOf('aaaa0002')]);
  await eventually('the newer plan', async () => (await facts())?.planRevision === next.revision);
}, 40_000);

test('what is no longer in the plan stays; what a tombstone names goes, and is said to be gone', async () => {
  expect((await dev('aaaa0001'))?.metadata.deletionTimestamp).toBeUndefined();
  const grave: Tombstone = { type: 'cluster', id: 'grave', clusterUid: 'aaaa0001', name: 'dev', namespace: 'slipway-aaaa0001' };
  await publish([clusterOf('aaaa0002')], [grave]);
  await eventually('the end', async () => (await facts())?.tombstonesDone.includes('grave'));
  expect(await dev('aaaa0001')).toBeUndefined();
  expect((await factsOf('aaaa0001'))?.phase).toBe('Deleted');
  expect((await dev('aaaa0002'))?.metadata.deletionTimestamp).toBeUndefined();
}, 40_000);

test('a plan for another gateway is refused, said so, and changes nothing', async () => {
  const before = (await facts())?.planRevision;
  const foreign: GatewayPlan = { kind: 'GatewayPlan', gatewayUid: 'other', gateway: 'other', revision: 999, clusters: [], tombstones: [] };
  const signed = hub.signer.sign(foreign);
  await hub.store.publishPlan({ uid: UID, contentHash: 'tampered', sign: () => signed });
  // The agent asks again when it connects.
  await hub.goAway();
  await hub.comeBack();
  await eventually('the refusal', async () => (await facts())?.planRefused?.reason === 'PlanForAnotherCluster');
  expect((await facts())?.planRevision).toBe(before);
  expect(await dev('aaaa0002')).toBeDefined();
}, 40_000);
