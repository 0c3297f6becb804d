import { silentLogger, systemClock, waitFor } from '@slipway/kit';
import { createKubeClient, type KubeClient, type KubeObject } from '@slipway/kube';
import type { GatewayCluster, GatewayPlan, Tombstone } from '@slipway/model';
import { looseCrd, serveKinds, startApiServer, type TestApiServer } from '@slipway/testkit';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLUSTER, CLUSTER_UID_LABEL, CONTROL_PLANE, MACHINE, MACHINE_DEPLOYMENT } from '../local/names.ts';
import { AGENT_CREDENTIAL_SECRET, AGENT_LINK_SECRET, AGENT_NAMESPACE } from './agent-manifests.ts';
import { createProvisioner } from './provisioner.ts';

let api: TestApiServer;
let kube: KubeClient;
const aborts: AbortController[] = [];

/** The kinds of Cluster API the provisioner touches, without its controllers. */
const KINDS = [CLUSTER, CONTROL_PLANE, MACHINE, MACHINE_DEPLOYMENT];

beforeAll(async () => {
  api = await startApiServer({ controllers: true });
  kube = createKubeClient({ server: api.server, ca: api.ca, token: api.token });
  await serveKinds(kube, KINDS.map(looseCrd), KINDS);
});
afterAll(async () => {
  for (const abort of aborts) abort.abort();
  kube.close();
  await api.stop();
});

const clusterOf = (uid: string, more: KubeObject[] = []): GatewayCluster => {
  const namespace = `slipway-${uid}`;
  const object = (kind: { apiVersion: string; kind: string }, name: string): KubeObject => ({
    ...kind,
    metadata: { name, namespace, labels: { [CLUSTER_UID_LABEL]: uid } },
    spec: {},
  });
  const objects = [object(CLUSTER, 'dev'), object(MACHINE_DEPLOYMENT, 'dev-workers'), ...more];
  return {
    clusterUid: uid,
    name: 'dev',
    project: 'default',
    namespace,
    cloud: 'local',
    kubernetesVersion: 'v1.35.4',
    objects: objects as unknown as Record<string, unknown>[],
  };
};
const planOf = (clusters: GatewayCluster[], tombstones: Tombstone[] = []): GatewayPlan => ({
  kind: 'GatewayPlan',
  gatewayUid: 'g',
  gateway: 'local',
  revision: 1,
  clusters,
  tombstones,
});

function started() {
  const tokens: string[] = [];
  const abort = new AbortController();
  aborts.push(abort);
  const provisioner = createProvisioner({
    kube,
    agent: { image: 'slipway.dev/agent:test', hubUrl: 'https://10.88.0.1:7443', hubCa: 'CA PEM' },
    joinToken: async (uid) => (tokens.push(uid), `swj_${uid}_${tokens.length}`),
    logger: silentLogger,
    clock: systemClock,
  });
  const running = provisioner.start(abort.signal);
  return { provisioner, tokens, stop: async () => (abort.abort(), await running) };
}
const dev = (uid: string) => kube.get({ ...CLUSTER, namespace: `slipway-${uid}`, name: 'dev' });
const deployment = (uid: string) => kube.get({ ...MACHINE_DEPLOYMENT, namespace: `slipway-${uid}`, name: 'dev-workers' });
const namespacesLeft = async () =>
  (await kube.list({ apiVersion: 'v1', kind: 'Namespace' }))
    .filter((namespace) => namespace.metadata.deletionTimestamp === undefined)
    .map((namespace) => namespace.metadata.name);
const eventually = (what: string, probe: () => Promise<unknown> | unknown) =>
  waitFor(async () => ((await probe()) ? true : undefined), { what, timeoutMs: 25_000, intervalMs: 50 });

test('applies a plan; nothing but a tombstone of the right uid deletes', async () => {
  const { provisioner, stop } = started();
  provisioner.setPlan(planOf([clusterOf('aaaa0001'), clusterOf('aaaa0002')]));
  await eventually('both clusters', async () => (await deployment('aaaa0001')) && (await deployment('aaaa0002')));

  provisioner.setPlan(planOf([]));
  const other: Tombstone = { type: 'cluster', id: 'wrong', clusterUid: 'ffff', name: 'dev', namespace: 'slipway-aaaa0001' };
  provisioner.setPlan(planOf([], [other]));
  await eventually('the tombstone of another uid to be over', () => provisioner.tombstonesDone().includes('wrong'));
  expect((await dev('aaaa0001'))?.metadata.deletionTimestamp).toBeUndefined();

  const right: Tombstone = { type: 'cluster', id: 'right', clusterUid: 'aaaa0001', name: 'dev', namespace: 'slipway-aaaa0001' };
  provisioner.setPlan(planOf([clusterOf('aaaa0002')], [right]));
  await eventually('the cluster to be gone', () => provisioner.tombstonesDone().includes('right'));
  expect(provisioner.facts().find((facts) => facts.clusterUid === 'aaaa0001')?.phase).toBe('Deleted');
  // Kubernetes empties it in its own time; nothing can bring it back.
  expect(await namespacesLeft()).not.toContain('slipway-aaaa0001');
  expect((await dev('aaaa0002'))?.metadata.deletionTimestamp).toBeUndefined();
  await stop();
});

test('a cluster counts as deleted when its machines are gone, not before, and without the rest Kubernetes takes to empty its namespace', async () => {
  const uid = 'eeee0001';
  const namespace = `slipway-${uid}`;
  const { provisioner, stop } = started();
  provisioner.setPlan(planOf([clusterOf(uid)]));
  await eventually('the cluster', () => deployment(uid));
  // As Cluster API holds a machine until the infrastructure has let it go.
  const finalizers = ['machine.cluster.x-k8s.io'];
  await kube.create({ ...MACHINE, metadata: { name: 'dev-1', namespace, finalizers, labels: { [CLUSTER_UID_LABEL]: uid } }, spec: {} });
  provisioner.setPlan(planOf([], [{ type: 'cluster', id: 'gone', clusterUid: uid, name: 'dev', namespace }]));
  await eventually('the namespace to be told', async () => !(await namespacesLeft()).includes(namespace));
  expect(provisioner.tombstonesDone()).toEqual([]);
  await eventually('the machine to be waited for', () => provisioner.facts()[0]?.waitingFor === '1 machine of dev to be removed');
  await kube.delete({ ...MACHINE, namespace, name: 'dev-1' });
  await kube.patch({ ...MACHINE, namespace, name: 'dev-1' }, { metadata: { finalizers: [] } });
  await eventually('the cluster to be gone', () => provisioner.tombstonesDone().includes('gone'));
  await stop();

  const quick = started();
  quick.provisioner.setPlan(planOf([clusterOf('eeee0002')]));
  await eventually('another cluster', () => deployment('eeee0002'));
  const tombstone: Tombstone = { type: 'cluster', id: 'quick', clusterUid: 'eeee0002', name: 'dev', namespace: 'slipway-eeee0002' };
  quick.provisioner.setPlan(planOf([], [tombstone]));
  await eventually('it to be gone', () => quick.provisioner.tombstonesDone().includes('quick'));
  const left = await kube.get({ apiVersion: 'v1', kind: 'Namespace', name: 'slipway-eeee0002' });
  expect(left?.metadata.deletionTimestamp, 'it said so before the namespace was empty').toBeDefined();
  await quick.stop();
});

test('a deleted pool goes, one made again under its name stays, also after a restart', async () => {
  const cluster = clusterOf('bbbb0001');
  const withoutPool = { ...cluster, objects: cluster.objects.filter((object) => object['kind'] !== 'MachineDeployment') };
  const object = { ...MACHINE_DEPLOYMENT, namespace: cluster.namespace, name: 'dev-workers' };
  const tombstone: Tombstone = { type: 'infrastructure', id: 'pool', clusterUid: 'bbbb0001', object };
  const first = started();
  first.provisioner.setPlan(planOf([cluster]));
  await eventually('the pool', () => deployment('bbbb0001'));
  first.provisioner.setPlan(planOf([withoutPool], [tombstone]));
  await eventually('the pool to be gone', () => first.provisioner.tombstonesDone().includes('pool'));
  expect(await deployment('bbbb0001')).toBeUndefined();
  first.provisioner.setPlan(planOf([cluster], [tombstone]));
  await eventually('the new pool', () => deployment('bbbb0001'));
  await first.stop();
  const uid = (await deployment('bbbb0001'))?.metadata.uid;
  const second = started();
  second.provisioner.setPlan(planOf([cluster], [tombstone]));
  await eventually('the tombstone to be over', () => second.provisioner.tombstonesDone().includes('pool'));
  expect((await deployment('bbbb0001'))?.metadata).toMatchObject({ uid });
  await second.stop();
});

test('the agent is installed once the API server answers; a token is asked for only while it has not joined', async () => {
  const uid = 'cccc0001';
  const first = started();
  first.provisioner.setPlan(planOf([clusterOf(uid)]));
  await eventually('the cluster', () => dev(uid));
  await eventually('facts', () => first.provisioner.facts()[0]?.agentInstalled === false);
  // The cluster's own API server, as far as this test goes, is the one it is made with.
  const kubeconfig = (await readFile(api.kubeconfig)).toString('base64');
  await kube.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'dev-kubeconfig', namespace: `slipway-${uid}` },
    data: { value: kubeconfig },
  });
  await eventually('the agent', () => first.provisioner.facts()[0]?.agentInstalled);
  await first.stop();
  expect(first.tokens).toEqual([uid]);
  const agent = await kube.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: AGENT_NAMESPACE, name: 'slipway-agent' });
  expect(agent?.['spec'].template.spec.containers[0].image).toBe('slipway.dev/agent:test');
  // In an upgrade it then moves once, early, and not with the last worker.
  const [preferred] = agent!['spec'].template.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution;
  expect(preferred.preference.matchExpressions).toEqual([{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }]);
  const link = async () => {
    const secret = await kube.get({ apiVersion: 'v1', kind: 'Secret', namespace: AGENT_NAMESPACE, name: AGENT_LINK_SECRET });
    return Buffer.from(secret?.['data']['join-token'] ?? '', 'base64').toString();
  };
  expect(await link()).toBe(`swj_${uid}_1`);

  // A new process remembers that the agent is there and says so before it has looked: a token it owes takes a moment more.
  const again = async (owed = 0) => {
    const next = started();
    next.provisioner.setPlan(planOf([clusterOf(uid)]));
    await eventually('the agent again', () => next.provisioner.facts()[0]?.agentInstalled && next.tokens.length >= owed);
    await next.stop();
    return next.tokens.length;
  };
  expect(await again(), 'the token is fresh').toBe(0);
  const stale = { metadata: { annotations: { 'slipway.dev/issued-at': '2020-01-01T00:00:00Z' } } };
  await kube.patch({ apiVersion: 'v1', kind: 'Secret', namespace: AGENT_NAMESPACE, name: AGENT_LINK_SECRET }, stale);
  const identity = (joined: boolean) =>
    Buffer.from(JSON.stringify(joined ? { joined: { subject: { uid } } } : { proposed: { credential: 'x' } })).toString('base64');
  await kube.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: AGENT_CREDENTIAL_SECRET, namespace: AGENT_NAMESPACE },
    data: { identity: identity(true) },
  });
  expect(await again(), 'it has joined').toBe(0);
  const credential = { apiVersion: 'v1', kind: 'Secret', namespace: AGENT_NAMESPACE, name: AGENT_CREDENTIAL_SECRET };
  await kube.patch(credential, { data: { identity: identity(false) } });
  expect(await again(1), 'a proposal is no join').toBe(1);
});

test('a namespace that belongs to something else is not taken over', async () => {
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'slipway-dddd0001' } });
  const { provisioner, stop } = started();
  provisioner.setPlan(planOf([clusterOf('dddd0001')]));
  await eventually('the refusal', () => provisioner.facts()[0]?.waitingFor.includes('belongs to something else'));
  expect(await dev('dddd0001')).toBeUndefined();
  await stop();
});
