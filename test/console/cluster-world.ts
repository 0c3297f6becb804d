import { waitFor } from '@slipway/kit';
import { type ApiObject, clusterKind, type ClusterSpec, type ClusterStatus, type Facts } from '@slipway/model';
import type { ApiServerConnection } from '@slipway/link';
import { type LinkedAgent, startApiServer, startLinkedAgent, type TestApiServer } from '@slipway/testkit';
import { type ConsoleWorld, makeCluster, startConsoleWorld } from './console-world.ts';
import { startKubeletStandIn } from './kubelet-stand-in.ts';

/** What the agent's own manifests bind in every cluster, see packages/clouds/src/provisioner/agent-manifests.ts. */
const BINDINGS = ['admins:cluster-admin', 'editors:edit', 'viewers:view'].map((pair) => {
  const [group = '', role = ''] = pair.split(':');
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: slipway-${group}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${role}}
subjects: [{kind: Group, name: 'slipway:${group}', apiGroup: rbac.authorization.k8s.io}]
---
`;
});

/** Makes a cluster whose agent has joined over the real link, before an API server. */
export async function linkCluster(world: ConsoleWorld, name: string, api: ApiServerConnection) {
  const hub = { url: world.hub.url, ca: world.hub.hub.ca };
  const made = await makeCluster(world.client, 'default', name);
  const path = '/apis/slipway.dev/v1/gateways/local/jointoken';
  const { token } = await world.client.request<{ token: string }>(path, { method: 'POST', body: {} });
  const gateway = await startLinkedAgent(hub, token);
  const joinToken = await gateway.joinToken(made.metadata.uid);
  const agent = await startLinkedAgent(hub, joinToken, api);
  const connectedWord = async () => {
    const now = await world.client.get<ApiObject<ClusterSpec, ClusterStatus>>({ kind: clusterKind, project: 'default', name });
    return now.status?.conditions.find(({ type }) => type === 'AgentConnected')?.status;
  };
  await waitFor(async () => (await connectedWord()) === 'True', { what: 'the cluster to be connected', timeoutMs: 60_000 });
  return { uid: made.metadata.uid, gateway, agent };
}

/** The console's hub with one cluster whose agent has joined over the real link: a real API server, and for logs and shells what stands in for kubelets. */
export async function startClusterWorld(name: string) {
  const [world, api] = await Promise.all([startConsoleWorld(), startApiServer({ controllers: true })]);
  const cluster = await startKubeletStandIn(api);
  await apply(api, BINDINGS.join(''));
  const { uid, gateway, agent: joined } = await linkCluster(world, name, cluster);
  let agent: LinkedAgent | undefined = joined;
  return {
    ...world,
    api,
    cluster,
    uid,
    gateway,
    /** What the cluster's agent sees. */
    report: (facts: Facts) => agent?.report(facts),
    apply: (yaml: string) => apply(api, yaml),
    /** The cluster's agent goes for good. */
    async disconnect(): Promise<void> {
      await agent?.stop();
      agent = undefined;
    },
    async stop(): Promise<void> {
      await agent?.stop();
      await gateway.stop();
      await world.stop();
      await cluster.stop();
      await api.stop();
    },
  };
}
export type ClusterWorld = Awaited<ReturnType<typeof startClusterWorld>>;

async function apply(api: TestApiServer, yaml: string): Promise<void> {
  await api.kubectl(['apply', '-f', '-'], { stdin: yaml, timeoutMs: 30_000 });
}
