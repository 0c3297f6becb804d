import { canonicalJson, sha256Hex, type Clock } from '@slipway/kit';
import type { ConnectionState, FactsReader, LinkSubject, PlanPublisher, PublishedPlan } from '@slipway/link';
import {
  landedId,
  objectId,
  objectKey,
  type ClusterPlan,
  type GatewayCluster,
  type GatewayFacts,
  type GatewayPlan,
  type PlanLayer,
  type SignedPlan,
  type Tombstone,
} from '@slipway/model';
import { clusterFacts, provisionFacts, wantedGroups, type SimulatedCluster, type SimulatedMachine } from './simulated-facts.ts';

export interface SimulatedFleet {
  readonly plans: PlanPublisher;
  readonly facts: FactsReader;
  readonly clusters: ReadonlyMap<string, SimulatedCluster>;
  /** The gateway of this uid does one small piece of work of its newest plan, if it is connected. False when there was nothing to do. */
  gatewayStep(gateway: { uid: string; name: string }): boolean;
  /** The agent in a cluster does one small piece of work of its newest plan. False when there was nothing to do or nothing to do it. */
  agentStep(clusterUid: string): boolean;
  setConnected(uid: string, connected: boolean): void;
  /** Makes every publication fail until told otherwise. */
  beforePublish: (() => void) | undefined;
  readonly forgotten: ReadonlySet<string>;
}

/**
 * Gateways and agents that keep the rules of the real ones (they act only on published plans and delete only what a tombstone names), in memory and one small step at
 * a time: a test decides who works when. Plans and facts obey the ports of `@slipway/link`.
 */
export function createSimulatedFleet(clock: Clock): SimulatedFleet {
  const clusterPlans = new Map<string, { plan: ClusterPlan; signed: SignedPlan }>();
  const gatewayPlans = new Map<string, { plan: GatewayPlan; signed: SignedPlan }>();
  const clusters = new Map<string, SimulatedCluster>();
  const connected = new Map<string, ConnectionState>();
  const gatewayDone = new Map<string, Set<string>>();
  const seenGateways = new Set<string>();
  const forgotten = new Set<string>();
  const callbacks = new Set<(subject: LinkSubject) => void>();
  const now = (): string => new Date(clock.now()).toISOString();

  const fleet = {
    plans: plansPort(),
    facts: factsPort(),
    clusters,
    forgotten,
    gatewayStep,
    agentStep,
    setConnected(uid: string, state: boolean) {
      connected.set(uid, { connected: state, lastSeen: now(), agentVersion: '1.0.0' });
    },
    beforePublish: undefined as (() => void) | undefined,
  };
  return fleet;

  function publish<P extends { revision: number }>(
    map: Map<string, { plan: P; signed: SignedPlan }>,
    uid: string,
    content: Omit<P, 'revision'>,
  ): PublishedPlan {
    const last = map.get(uid);
    if (last) {
      const { revision: _revision, ...before } = last.plan;
      if (canonicalJson(before) === canonicalJson(content)) return { revision: last.plan.revision, hash: last.signed.hash, changed: false };
    }
    fleet.beforePublish?.();
    const plan = structuredClone({ ...content, revision: (last?.plan.revision ?? 0) + 1 }) as unknown as P;
    const payload = canonicalJson(plan);
    const hash = sha256Hex(payload);
    map.set(uid, { plan, signed: { payload, hash, signature: '', keyId: 'simulated' } });
    return { revision: plan.revision, hash, changed: true };
  }

  function plansPort(): PlanPublisher {
    return {
      publishCluster: async (plan) => publish<ClusterPlan>(clusterPlans, plan.clusterUid, plan),
      publishGateway: async (plan) => publish<GatewayPlan>(gatewayPlans, plan.gatewayUid, plan),
      latestCluster: async (uid) => clusterPlans.get(uid),
      latestGateway: async (uid) => gatewayPlans.get(uid),
      async forget(uid) {
        fleet.beforePublish?.();
        clusterPlans.delete(uid);
        connected.delete(uid);
        forgotten.add(uid);
      },
    };
  }

  function factsPort(): FactsReader {
    return {
      cluster: async (uid) => {
        const cluster = clusters.get(uid);
        return cluster && cluster.agentRevision > 0 && !forgotten.has(uid)
          ? { facts: clusterFacts(uid, cluster, clusterPlans.get(uid)?.plan), at: now() }
          : undefined;
      },
      gateway: async (uid) => (seenGateways.has(uid) ? { facts: gatewayFacts(uid), at: now() } : undefined),
      connection: (uid) => connected.get(uid) ?? { connected: false },
      onChange(callback, signal) {
        callbacks.add(callback);
        signal.addEventListener('abort', () => callbacks.delete(callback), { once: true });
      },
    };
  }

  function tell(subject: LinkSubject): true {
    for (const callback of callbacks) callback(subject);
    return true;
  }

  function gatewayStep({ uid, name }: { uid: string; name: string }): boolean {
    const plan = gatewayPlans.get(uid)?.plan;
    if (!plan || !connected.get(uid)?.connected) return false;
    seenGateways.add(uid);
    const subject: LinkSubject = { kind: 'gateway', uid, name };
    const done = gatewayDone.get(uid) ?? new Set<string>();
    gatewayDone.set(uid, done);
    for (const tombstone of plan.tombstones) {
      if (done.has(tombstone.id)) continue;
      if (bury(tombstone)) done.add(tombstone.id);
      return tell(subject);
    }
    return plan.clusters.some((entry) => build(entry)) ? tell(subject) : false;
  }

  /** One step of a removal; true when it is complete. */
  function bury(tombstone: GatewayPlan['tombstones'][number]): boolean {
    if (!('clusterUid' in tombstone)) return true;
    const cluster = clusters.get(tombstone.clusterUid);
    if (!cluster) return true;
    if (tombstone.type === 'cluster') {
      if (cluster.machines.pop()) return false;
      cluster.deleted = true;
      cluster.objects.clear();
      connected.delete(tombstone.clusterUid);
      return true;
    }
    const pool = tombstone.object.kind === 'MachineDeployment' ? tombstone.object.name.slice(cluster.name.length + 1) : undefined;
    const machine = cluster.machines.findIndex((candidate) => candidate.pool === pool);
    if (machine >= 0) {
      cluster.machines.splice(machine, 1);
      return false;
    }
    cluster.objects.delete(objectKey(tombstone.object));
    return true;
  }

  function build(entry: GatewayCluster): boolean {
    const cluster = clusters.get(entry.clusterUid) ?? newCluster(entry);
    if (!clusters.has(entry.clusterUid)) {
      clusters.set(entry.clusterUid, cluster);
      return true;
    }
    const missing = entry.objects.map((object) => objectKey(objectId(object))).filter((key) => !cluster.objects.has(key));
    if (missing.length > 0) {
      for (const key of missing) cluster.objects.add(key);
      return true;
    }
    if (!cluster.infrastructure) return (cluster.infrastructure = true);
    return wantedGroups(entry).some((group) => scaleGroup(cluster, group));
  }

  function scaleGroup(cluster: SimulatedCluster, group: { pool: string; replicas: number; version: string }): boolean {
    const own = cluster.machines.filter((machine) => machine.pool === group.pool);
    const old = own.find((machine) => machine.version !== group.version);
    if (old) {
      cluster.machines = cluster.machines.map((machine) => (machine === old ? newMachine(cluster, group) : machine));
      return true;
    }
    if (own.length < group.replicas) cluster.machines.push(newMachine(cluster, group));
    else if (own.length > group.replicas) cluster.machines.splice(cluster.machines.indexOf(own[0] as SimulatedMachine), 1);
    else return false;
    return true;
  }

  function agentStep(uid: string): boolean {
    const cluster = clusters.get(uid);
    const plan = clusterPlans.get(uid)?.plan;
    if (!cluster || !plan || cluster.deleted || !cluster.machines.some((machine) => machine.pool === 'control-plane')) return false;
    const subject: LinkSubject = { kind: 'cluster', uid, name: cluster.name, project: cluster.project };
    if (!connected.has(uid)) fleet.setConnected(uid, true);
    if (!connected.get(uid)?.connected) return false;
    if (cluster.agentRevision < plan.revision) {
      cluster.agentRevision = plan.revision;
      cluster.layersDone.clear();
      return tell(subject);
    }
    const tombstone = plan.tombstones.find(({ id }) => !cluster.agentDone.has(id));
    const layer = plan.layers.find(
      ({ name, dependsOn }) => !cluster.layersDone.has(name) && dependsOn.every((other) => cluster.layersDone.has(other)),
    );
    if (tombstone) remove(cluster, tombstone);
    else if (layer) install(cluster, layer);
    else return false;
    return tell(subject);
  }

  function gatewayFacts(uid: string): GatewayFacts {
    const plan = gatewayPlans.get(uid)?.plan;
    const uids = [
      ...(plan?.clusters ?? []).map((entry) => entry.clusterUid),
      ...(plan?.tombstones ?? []).flatMap((item) => (item.type === 'cluster' ? [item.clusterUid] : [])),
    ];
    const done = gatewayDone.get(uid) ?? new Set<string>();
    return {
      kind: 'GatewayFacts',
      gatewayUid: uid,
      agentVersion: '1.0.0',
      planRevision: plan?.revision ?? 0,
      clusters: [...new Set(uids)].map((clusterUid) => provisionFacts(clusterUid, clusters.get(clusterUid), plan)),
      health: { healthy: true, conditions: [] },
      // As the real one: only of tombstones that are in its plan.
      tombstonesDone: (plan?.tombstones ?? []).map(({ id }) => id).filter((id) => done.has(id)),
    };
  }
}

const newCluster = (entry: GatewayCluster): SimulatedCluster => ({
  name: entry.name,
  project: entry.project,
  version: entry.kubernetesVersion,
  machines: [],
  infrastructure: false,
  objects: new Set(),
  deleted: false,
  made: 0,
  layers: new Map(),
  layersDone: new Set(),
  agentRevision: 0,
  agentDone: new Set(),
});

function newMachine(cluster: SimulatedCluster, group: { pool: string; version: string }): SimulatedMachine {
  cluster.made += 1;
  return { name: `${cluster.name}-${group.pool}-${cluster.made}`, pool: group.pool, version: group.version };
}

function remove(cluster: SimulatedCluster, tombstone: Tombstone): void {
  const objects = tombstone.type === 'layer' ? tombstone.objects : tombstone.type === 'object' ? [tombstone.object] : [];
  const keys = objects.map((id) => objectKey(id));
  if (tombstone.type === 'layer' && tombstone.release !== undefined) keys.push(releaseKey(tombstone.namespace, tombstone.release));
  for (const [layer, held] of cluster.layers) {
    for (const key of keys) held.delete(key);
    if (held.size === 0) cluster.layers.delete(layer);
  }
  cluster.agentDone.add(tombstone.id);
}

function install(cluster: SimulatedCluster, { name, namespace, content }: PlanLayer): void {
  cluster.layersDone.add(name);
  if (content.type === 'builtin') return;
  const held = cluster.layers.get(name) ?? new Set<string>();
  cluster.layers.set(name, held);
  const keys =
    content.type === 'chart'
      ? [releaseKey(namespace, content.release)]
      : content.objects.map((object) => objectKey(landedId(objectId(object), namespace)));
  for (const key of keys) held.add(key);
}

const releaseKey = (namespace: string, release: string): string => `release ${namespace}/${release}`;
