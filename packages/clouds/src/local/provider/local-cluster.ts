import { canonicalJson, seconds, sha256Hex } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';
import type { LoadBalancerServer } from '@slipway/machines';
import type { Outcome } from '@slipway/runtime';
import { API_SERVER_PORT, CLUSTER_UID_LABEL, CONTROL_PLANE_LABEL, MANAGED_BY_LABEL } from '../names.ts';
import { condition } from './conditions.ts';
import { isPaused, type LocalProviderDeps, ownerOf, pausedCondition, type ProviderView, type Writer } from './scope.ts';

const DEFAULT_FAILURE_DOMAINS = ['fd-1', 'fd-2', 'fd-3'];
/** The load balancer is looked at again this often, in case it died. */
const RESYNC_MS = seconds(30);

/** Names a cluster on this host: the load balancer and the peer group carry it. Derived, so nothing is lost when status is. */
export const clusterId = (namespace: string, name: string): string => sha256Hex(`${namespace}/${name}`).slice(0, 8);
export const loadBalancerName = (namespace: string, name: string): string => `lb-${clusterId(namespace, name)}`;

export interface ClusterContext {
  readonly deps: LocalProviderDeps;
  readonly view: ProviderView;
  readonly write: Writer;
  /** The servers last given to each load balancer, as text. */
  readonly served: Map<string, { readonly text: string; readonly at: number }>;
}

/** One look at one LocalCluster. */
export async function reconcileLocalCluster(context: ClusterContext, namespace: string, name: string): Promise<Outcome> {
  const object = context.view.localCluster(namespace, name);
  if (object === undefined || object.metadata.labels?.[MANAGED_BY_LABEL] !== undefined) return {};
  const clusterName = ownerOf(object, 'Cluster');
  const cluster = clusterName === undefined ? undefined : context.view.cluster(namespace, clusterName);
  const paused = isPaused(object, cluster);
  if (paused) {
    await context.write.status(object, {}, [pausedCondition(true)]);
    return {};
  }
  if (object.metadata.deletionTimestamp !== undefined) return deleteLocalCluster(context, object, clusterName ?? name);
  if (clusterName === undefined || cluster === undefined) return {};
  return provision(context, object, clusterName);
}

async function provision(context: ClusterContext, found: KubeObject, clusterName: string): Promise<Outcome> {
  const { deps, view, write } = context;
  const namespace = found.metadata.namespace ?? '';
  let object = await write.addFinalizer(found);
  const lb = await deps.loadBalancers.ensure(loadBalancerName(namespace, clusterName), API_SERVER_PORT, {
    cluster: `${namespace}/${clusterName}`,
    'cluster-uid': object.metadata.labels?.[CLUSTER_UID_LABEL] ?? '',
    role: 'load-balancer',
  });
  // An endpoint that is set stays: certificates and every kubeconfig name it.
  if (!object['spec']?.controlPlaneEndpoint?.host)
    object = await write.spec(object, { controlPlaneEndpoint: { host: lb.address, port: lb.port } });
  const failureDomains: string[] = object['spec']?.failureDomains ?? DEFAULT_FAILURE_DOMAINS;
  await write.status(
    object,
    {
      initialization: { provisioned: true },
      failureDomains: failureDomains.map((domain) => ({ name: domain, controlPlane: true })),
    },
    [condition('Ready', 'True', 'LoadBalancerRunning', `The API server is served at ${lb.address}:${lb.port}.`), pausedCondition(false)],
  );
  const servers = apiServers(view, namespace, clusterName);
  const text = canonicalJson(servers);
  const last = context.served.get(lb.name);
  // Again from time to time: one that died and was made again by `ensure` has forgotten them.
  if (last?.text !== text || deps.clock.now() - last.at >= RESYNC_MS / 2) {
    await deps.loadBalancers.setServers(lb.name, servers);
    context.served.set(lb.name, { text, at: deps.clock.now() });
  }
  return { againAfterMs: RESYNC_MS };
}

/**
 * The servers behind a cluster's endpoint. One whose Machine is being deleted drains at once: Cluster API takes its etcd member away well before the
 * machine goes. Unless it is the last, which must go on serving the deletion itself.
 */
export function apiServers(
  view: Pick<ProviderView, 'localMachinesOf' | 'machine'>,
  namespace: string,
  clusterName: string,
): LoadBalancerServer[] {
  const servers = view.localMachinesOf(namespace, clusterName).flatMap((local) => {
    const address = internalAddress(local);
    if (address === undefined || local.metadata.labels?.[CONTROL_PLANE_LABEL] === undefined) return [];
    const machine = view.machine(namespace, ownerOf(local, 'Machine') ?? '');
    const leaving = local.metadata.deletionTimestamp !== undefined || machine?.metadata.deletionTimestamp !== undefined;
    return [{ name: local.metadata.name, address, port: API_SERVER_PORT, drain: leaving }];
  });
  servers.sort((a, b) => (a.name < b.name ? -1 : 1));
  return servers.every((server) => server.drain) ? servers.map((server) => ({ ...server, drain: false })) : servers;
}

export const internalAddress = (local: KubeObject): string | undefined =>
  (local['status']?.addresses as { type: string; address: string }[] | undefined)?.find((item) => item.type === 'InternalIP')?.address;

async function deleteLocalCluster(context: ClusterContext, object: KubeObject, clusterName: string): Promise<Outcome> {
  const namespace = object.metadata.namespace ?? '';
  const left = context.view.localMachinesOf(namespace, clusterName).length;
  if (left > 0) {
    await context.write.status(object, {}, [condition('Ready', 'False', 'WaitingForMachines', `${left} machines are not removed yet.`)]);
    return {};
  }
  const name = loadBalancerName(namespace, clusterName);
  await context.deps.loadBalancers.remove(name);
  context.served.delete(name);
  await context.write.removeFinalizer(object);
  return {};
}
