import { sha256Hex } from '@slipway/kit';
import type { ClusterFacts, ClusterPlan, GatewayCluster, GatewayPlan, LayerFact, ProvisionFacts } from '@slipway/model';

export interface SimulatedMachine {
  readonly name: string;
  readonly pool: string;
  readonly version: string;
}

/** One cluster of the simulated fleet: the state of its world. */
export interface SimulatedCluster {
  name: string;
  project: string;
  version: string;
  machines: SimulatedMachine[];
  infrastructure: boolean;
  /** Keys of Cluster API objects that were applied. */
  readonly objects: Set<string>;
  deleted: boolean;
  made: number;
  /** What the agent inside has installed: layer → object keys. */
  readonly layers: Map<string, Set<string>>;
  readonly layersDone: Set<string>;
  agentRevision: number;
  readonly agentDone: Set<string>;
}

/** What a gateway reports of one cluster. */
export function provisionFacts(clusterUid: string, cluster: SimulatedCluster | undefined, plan: GatewayPlan | undefined): ProvisionFacts {
  const entry = plan?.clusters.find((candidate) => candidate.clusterUid === clusterUid);
  const machines = cluster?.machines ?? [];
  const groups = entry ? wantedGroups(entry) : [];
  const count = (pool: string, version: string) => {
    const own = machines.filter((machine) => machine.pool === pool);
    return {
      replicas: own.length,
      readyReplicas: own.length,
      upToDateReplicas: own.filter((machine) => machine.version === version).length,
    };
  };
  const controlPlane = groups.find((group) => group.pool === 'control-plane');
  const running = machines.find((machine) => machine.pool === 'control-plane')?.version;
  return {
    kind: 'ProvisionFacts',
    clusterUid,
    phase: !cluster
      ? entry
        ? 'Pending'
        : 'Deleted'
      : cluster.deleted
        ? 'Deleted'
        : !entry
          ? 'Deleting'
          : cluster.infrastructure
            ? 'Provisioned'
            : 'Provisioning',
    conditions: [],
    ...(controlPlane && machines.length > 0
      ? { controlPlane: { ...count('control-plane', controlPlane.version), ...(running === undefined ? {} : { version: running }) } }
      : {}),
    pools: groups
      .filter((group) => group.pool !== 'control-plane')
      .map((group) => ({ name: group.pool, ...count(group.pool, group.version), version: group.version })),
    machines: machines.map((machine) => ({
      name: machine.name,
      uid: sha256Hex(machine.name).slice(0, 12),
      pool: machine.pool,
      role: machine.pool === 'control-plane' ? 'control-plane' : 'worker',
      phase: 'Running',
      version: machine.version,
      addresses: [],
      createdAt: '2026-01-01T00:00:00Z',
      conditions: [],
    })),
    agentInstalled: machines.length > 0,
    waitingFor: '',
  };
}

/** What the agent inside a cluster reports. */
export function clusterFacts(clusterUid: string, cluster: SimulatedCluster, plan: ClusterPlan | undefined): ClusterFacts {
  const since = '2026-01-01T00:00:00Z';
  const layers = (plan?.layers ?? []).map((layer): LayerFact => {
    const ready = cluster.layersDone.has(layer.name);
    return {
      name: layer.name,
      state: ready ? 'Ready' : 'Waiting',
      reason: ready ? 'Installed' : 'Waiting',
      message: '',
      since,
      objects: [],
    };
  });
  return {
    kind: 'ClusterFacts',
    clusterUid,
    agentVersion: '1.0.0',
    planRevision: cluster.agentRevision,
    planHash: '',
    layers,
    drift: [],
    health: { healthy: true, conditions: [] },
    nodes: cluster.machines.map((machine) => ({
      name: machine.name,
      ready: true,
      reason: '',
      kubeletVersion: machine.version,
      roles: [],
      addresses: [],
    })),
    kubernetesVersion: cluster.machines.find((machine) => machine.pool === 'control-plane')?.version ?? '',
    tombstonesDone: (plan?.tombstones ?? []).map(({ id }) => id).filter((id) => cluster.agentDone.has(id)),
  };
}

/** Replicas and versions as the rendered Cluster API objects say them, control plane first. */
export function wantedGroups(entry: GatewayCluster): { pool: string; replicas: number; version: string }[] {
  return entry.objects.flatMap((object) => {
    const { kind, metadata, spec } = object as { kind: string; metadata: { labels?: Record<string, string> }; spec: any };
    if (kind === 'KubeadmControlPlane')
      return [{ pool: 'control-plane', replicas: spec.replicas as number, version: spec.version as string }];
    const pool = metadata.labels?.['slipway.dev/pool'];
    if (kind !== 'MachineDeployment' || pool === undefined) return [];
    return [{ pool, replicas: spec.replicas as number, version: spec.template.spec.version as string }];
  });
}
