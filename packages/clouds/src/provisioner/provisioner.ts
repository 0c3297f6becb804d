import { canonicalJson, type Clock, type Logger, messageOf, seconds, SlipwayError } from '@slipway/kit';
import {
  createInformer,
  createKubeClient,
  fromKubeconfig,
  type Informer,
  type KindRef,
  type KubeClient,
  type KubeObject,
} from '@slipway/kube';
import { type GatewayCluster, gatewayClusterHash, type GatewayPlan, type ProvisionFacts, type Tombstone } from '@slipway/model';
import type { Outcome } from '@slipway/runtime';
import { CLUSTER, CLUSTER_UID_LABEL, CONTROL_PLANE, MACHINE, MACHINE_DEPLOYMENT } from '../local/names.ts';
import { createWorkQueue } from '../work-queue.ts';
import { installAgent, workloadKubeconfig } from './agent-install.ts';
import type { AgentSettings } from './agent-manifests.ts';
import { provisionFacts } from './facts.ts';
import { orphanedNodes } from './orphaned-nodes.ts';
import { buryOne } from './tombstones.ts';

export interface ProvisionerDeps {
  /** The gateway cluster. */
  readonly kube: KubeClient;
  readonly agent: AgentSettings;
  /** A fresh one-use join token for a cluster of the plan, from the hub. */
  readonly joinToken: (clusterUid: string) => Promise<string>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Connects to a cluster by its kubeconfig text. Default: the real client. */
  readonly connect?: (kubeconfig: string) => Promise<KubeClient>;
}

/** Builds the clusters of a plan with Cluster API and says how far they are. */
export interface Provisioner {
  /** The plan to keep true from now on; the caller has checked its signature, uid and revision. An empty plan deletes nothing. */
  setPlan(plan: GatewayPlan): void;
  facts(): ProvisionFacts[];
  /** Ids of the plan's tombstones that are done. */
  tombstonesDone(): string[];
  /** Called within 200 ms of a change of facts. */
  onFacts(callback: () => void): void;
  /** Runs until the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
}

const FIELD_MANAGER = 'slipway';
const FACTS_DEBOUNCE_MS = 150;
/** How often what was applied is applied again, against edits by hand. */
const RESYNC_MS = seconds(60);
/** How often a new cluster's API server is tried. */
const API_POLL_MS = 500;
const DELETION_POLL_MS = seconds(1);
/** When to look again, by how it went with the agent: `away` is a cluster that was up and does not answer now. */
const AGENT_LOOK_MS = { installed: RESYNC_MS, notUp: API_POLL_MS, away: seconds(5) } as const;
/** On a cluster's namespace, so that a new process knows at once. */
const AGENT_ANNOTATION = 'slipway.dev/agent-installed';

interface ClusterState {
  appliedHash?: string;
  agentInstalled: boolean;
  trouble: string | undefined;
  client?: { readonly kubeconfig: string; readonly kube: KubeClient };
}

export function createProvisioner(deps: ProvisionerDeps): Provisioner {
  const connect = deps.connect ?? (async (text: string) => createKubeClient(await fromKubeconfig(text)));
  const states = new Map<string, ClusterState>();
  const done = new Set<string>();
  const callbacks: (() => void)[] = [];
  let plan: GatewayPlan | undefined;
  let factsTimer: NodeJS.Timeout | undefined;
  let lastFacts = '';
  let pictureComplete = false;
  let stopped = false;

  const changed = () => {
    if (stopped) return;
    factsTimer ??= setTimeout(() => {
      factsTimer = undefined;
      const now = canonicalJson([facts(), tombstonesDone()]);
      if (now === lastFacts) return;
      lastFacts = now;
      for (const callback of callbacks) callback();
    }, FACTS_DEBOUNCE_MS);
  };

  const watched = (kind: KindRef) =>
    createInformer<KubeObject>(deps.kube, kind, {
      labelSelector: CLUSTER_UID_LABEL,
      indexes: { byUid: (object) => [object.metadata.labels?.[CLUSTER_UID_LABEL] ?? ''] },
      onError: (error) => deps.logger.debug({ kind: kind.kind, error: messageOf(error) }, 'watch interrupted'),
      onEvent: ({ object, type }) => {
        changed();
        // The apply loop need not hear of status; only of what appears and goes.
        const uid = object.metadata.labels?.[CLUSTER_UID_LABEL];
        if (type !== 'MODIFIED' && kind.kind === 'Cluster' && uid !== undefined) queue.add(uid);
      },
    });
  const informers = {
    clusters: watched(CLUSTER),
    controlPlanes: watched(CONTROL_PLANE),
    deployments: watched(MACHINE_DEPLOYMENT),
    machines: watched(MACHINE),
  };

  const stateOf = (uid: string): ClusterState => {
    const state = states.get(uid) ?? { agentInstalled: false, trouble: undefined };
    states.set(uid, state);
    return state;
  };
  const clusterTombstone = (uid: string) =>
    plan?.tombstones.find((item): item is Extract<Tombstone, { type: 'cluster' }> => item.type === 'cluster' && item.clusterUid === uid);

  function facts(): ProvisionFacts[] {
    // Half a picture would look like clusters without machines.
    if (!pictureComplete) return [];
    const wanted = new Map<string, Pick<GatewayCluster, 'clusterUid' | 'name'>>();
    for (const cluster of plan?.clusters ?? []) wanted.set(cluster.clusterUid, cluster);
    for (const tombstone of plan?.tombstones ?? []) if (tombstone.type === 'cluster') wanted.set(tombstone.clusterUid, tombstone);
    return [...wanted.values()].map((cluster) => {
      const uid = cluster.clusterUid;
      const tombstone = clusterTombstone(uid);
      const deleting = tombstone === undefined ? 'none' : done.has(tombstone.id) ? 'done' : 'running';
      return provisionFacts({
        wanted: cluster,
        cluster: informers.clusters.byIndex('byUid', uid)[0],
        controlPlane: informers.controlPlanes.byIndex('byUid', uid)[0],
        deployments: informers.deployments.byIndex('byUid', uid),
        machines: informers.machines.byIndex('byUid', uid),
        appliedHash: stateOf(uid).appliedHash,
        agentInstalled: stateOf(uid).agentInstalled,
        deletion: deleting,
        trouble: stateOf(uid).trouble,
      });
    });
  }

  const tombstonesDone = () => (plan?.tombstones ?? []).map((item) => item.id).filter((id) => done.has(id));

  const queue = createWorkQueue({ work: reconcile, clock: deps.clock, logger: deps.logger });

  async function reconcile(uid: string, signal: AbortSignal): Promise<Outcome> {
    const state = stateOf(uid);
    try {
      const next = await step(uid, state, signal);
      state.trouble = undefined;
      return next;
    } catch (error) {
      if (!signal.aborted) state.trouble = messageOf(error);
      throw error;
    } finally {
      changed();
    }
  }

  async function step(uid: string, state: ClusterState, signal: AbortSignal): Promise<Outcome> {
    const left = await bury(uid);
    if (clusterTombstone(uid) !== undefined) {
      state.client?.kube.close();
      delete state.client;
      return left ? { againAfterMs: DELETION_POLL_MS } : {};
    }
    const cluster = plan?.clusters.find((item) => item.clusterUid === uid);
    if (cluster === undefined) return left ? { againAfterMs: DELETION_POLL_MS } : {};
    await applyCluster(cluster, state, signal);
    const agent = await bringAgent(cluster, state);
    return { againAfterMs: left ? DELETION_POLL_MS : AGENT_LOOK_MS[agent] };
  }

  /** Works on the open tombstones of a cluster; whether any is left. */
  async function bury(uid: string): Promise<boolean> {
    let left = false;
    for (const tombstone of plan?.tombstones ?? []) {
      if (!('clusterUid' in tombstone) || tombstone.clusterUid !== uid || done.has(tombstone.id)) continue;
      // What the plan wants again was made anew under the same name: it stays.
      if (isWanted(tombstone) || (await buryOne(deps.kube, tombstone))) done.add(tombstone.id);
      else left = true;
    }
    return left;
  }

  const isWanted = (tombstone: Tombstone): boolean =>
    tombstone.type === 'infrastructure' &&
    (plan?.clusters ?? []).some(({ objects }) =>
      (objects as unknown as KubeObject[]).some(
        ({ kind, metadata }) =>
          kind === tombstone.object.kind && metadata.name === tombstone.object.name && metadata.namespace === tombstone.object.namespace,
      ),
    );

  const applied = new Map<string, { readonly text: string; readonly at: number }>();

  async function applyCluster(cluster: GatewayCluster, state: ClusterState, signal: AbortSignal): Promise<void> {
    const text = canonicalJson(cluster.objects);
    const last = applied.get(cluster.clusterUid);
    if (last?.text === text && performance.now() - last.at < RESYNC_MS) return;
    const namespace: KubeObject = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: cluster.namespace, labels: { [CLUSTER_UID_LABEL]: cluster.clusterUid } },
    };
    const found = await ownNamespace(cluster);
    state.agentInstalled ||= found?.metadata.annotations?.[AGENT_ANNOTATION] === 'true';
    for (const object of [namespace, ...(cluster.objects as unknown as KubeObject[])]) {
      signal.throwIfAborted();
      await deps.kube.apply(object, { fieldManager: FIELD_MANAGER, force: true });
    }
    applied.set(cluster.clusterUid, { text, at: performance.now() });
    state.appliedHash = gatewayClusterHash(cluster);
    changed();
  }

  /** A namespace of another cluster, or one that somebody made by hand, is never taken over. */
  async function ownNamespace(cluster: GatewayCluster): Promise<KubeObject | undefined> {
    const namespace = await deps.kube.get({ apiVersion: 'v1', kind: 'Namespace', name: cluster.namespace });
    if (namespace === undefined) return undefined;
    if (namespace.metadata.labels?.[CLUSTER_UID_LABEL] !== cluster.clusterUid)
      throw new SlipwayError(
        'Conflict',
        `Namespace ${cluster.namespace} of the gateway belongs to something else than cluster ${cluster.name}.`,
      );
    if (namespace.metadata.deletionTimestamp !== undefined)
      throw new SlipwayError('Conflict', `Namespace ${cluster.namespace} of the gateway is being deleted.`, { retryable: true });
    return namespace;
  }

  async function bringAgent(cluster: GatewayCluster, state: ClusterState): Promise<keyof typeof AGENT_LOOK_MS> {
    const kubeconfig = await workloadKubeconfig(deps.kube, cluster.namespace, cluster.name);
    if (kubeconfig === undefined) return 'notUp';
    if (state.client?.kubeconfig !== kubeconfig) {
      state.client?.kube.close();
      state.client = { kubeconfig, kube: await connect(kubeconfig) };
    }
    const { kube } = state.client;
    if (!(await isUp(kube))) return state.agentInstalled ? 'away' : 'notUp';
    await installAgent({ settings: deps.agent, joinToken: deps.joinToken, clock: deps.clock }, kube, cluster);
    if (!state.agentInstalled) {
      const annotations = { [AGENT_ANNOTATION]: 'true' };
      await deps.kube.patch({ apiVersion: 'v1', kind: 'Namespace', name: cluster.namespace }, { metadata: { annotations } });
    }
    state.agentInstalled = true;
    await removeOrphanedNodes(cluster, kube);
    return 'installed';
  }

  async function removeOrphanedNodes(cluster: GatewayCluster, kube: KubeClient): Promise<void> {
    if (!pictureComplete) return;
    const nodes = await kube.list({ apiVersion: 'v1', kind: 'Node' });
    const machines = informers.machines.byIndex('byUid', cluster.clusterUid);
    for (const { metadata } of orphanedNodes(cluster.name, nodes, machines, deps.clock.now())) {
      deps.logger.info({ cluster: cluster.name, node: metadata.name }, 'removing a Node whose machine is gone');
      await kube.delete({ apiVersion: 'v1', kind: 'Node', name: metadata.name }, { uid: metadata.uid ?? '' });
    }
  }

  return {
    facts,
    tombstonesDone,
    onFacts: (callback) => void callbacks.push(callback),
    setPlan(next) {
      plan = next;
      const open = new Set(next.tombstones.map((item) => item.id));
      for (const id of done) if (!open.has(id)) done.delete(id);
      const uids = new Set(next.clusters.map((cluster) => cluster.clusterUid));
      for (const tombstone of next.tombstones) if ('clusterUid' in tombstone) uids.add(tombstone.clusterUid);
      for (const uid of uids) queue.add(uid);
      for (const uid of states.keys()) if (!uids.has(uid)) forget(uid);
      changed();
    },
    async start(signal) {
      signal.addEventListener(
        'abort',
        () => {
          stopped = true;
          clearTimeout(factsTimer);
        },
        { once: true },
      );
      const all = Object.values(informers);
      const running = all.map((informer) => informer.run(signal).catch((error: unknown) => rethrowUnless(signal, error)));
      // The queue ends when what was under way has: that still writes, and whoever starts another must not meet it.
      await Promise.all([completePicture(all, signal), queue.run(signal), ...running]);
      for (const uid of states.keys()) forget(uid);
    },
  };

  async function completePicture(all: readonly Informer<KubeObject>[], signal: AbortSignal): Promise<void> {
    await Promise.all(all.map((informer) => informer.synced(signal))).catch((error: unknown) => rethrowUnless(signal, error));
    pictureComplete = !signal.aborted;
    changed();
  }

  function forget(uid: string): void {
    states.get(uid)?.client?.kube.close();
    states.delete(uid);
    applied.delete(uid);
  }
}

function rethrowUnless(signal: AbortSignal, error: unknown): void {
  if (!signal.aborted) throw error;
}

const isUp = (kube: KubeClient): Promise<boolean> =>
  kube.request('/readyz', { timeoutMs: seconds(3) }).then(
    () => true,
    () => false,
  );
