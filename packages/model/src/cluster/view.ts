import type { ResolveResult } from '../cluster-profile/resolved.ts';
import type { MachinePoolSpec, MachinePoolStatus } from '../machine-pool/machine-pool.ts';
import type { ApiObject } from '../meta/object.ts';
import type { Orphan } from '../overrides/merge-stack.ts';
import type { ClusterFacts, ProvisionFacts } from '../plan/facts.ts';
import type { ClusterSpec, ClusterStatus } from './cluster.ts';
import type { PendingApproval } from './pending.ts';

/** An agent's connection as the hub sees it now. */
export interface AgentConnection {
  readonly connected: boolean;
  /** RFC 3339; undefined when it never connected. */
  readonly lastSeen?: string;
  readonly agentVersion?: string;
  readonly planRevision?: number;
}

/** Why something could not be prepared, as a condition says it. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** `Waiting` for a layer that itself is fine and waits for one that is not. */
export interface LayerProblem extends Problem {
  readonly state: 'Failed' | 'Waiting';
}

/** All that is known about one cluster at one moment: what {@link clusterStatus} judges. */
export interface ClusterView {
  readonly cluster: ApiObject<ClusterSpec, ClusterStatus>;
  readonly pools: readonly ApiObject<MachinePoolSpec, MachinePoolStatus>[];
  readonly resolved: ResolveResult;
  readonly gateway: {
    readonly exists: boolean;
    readonly connection: AgentConnection;
    /** Set when the gateway refused the last plan, or when this cluster could not be rendered. */
    readonly problem?: Problem;
    /** It still builds what an earlier plan said: counts of machines speak of the past. */
    readonly behind?: boolean;
  };
  /** From the gateway; undefined while it has said nothing of this cluster. */
  readonly provision: ProvisionFacts | undefined;
  /** From the cluster's own agent. */
  readonly facts: ClusterFacts | undefined;
  readonly agent: AgentConnection;
  /** The cluster plan published last. */
  readonly plan: { readonly revision: number; readonly hash: string } | undefined;
  /** Why no newer plan was published. */
  readonly planProblem: Problem | undefined;
  /** What the change asked for needs before anything of it is done; meanwhile the cluster is kept as it was published last. */
  readonly pending?: PendingApproval | undefined;
  /** Overrides that the profile has no place for. */
  readonly orphans?: readonly Orphan[] | undefined;
  /** Layers that could not be prepared, such as a chart that no registry has. */
  readonly layerProblems: ReadonlyMap<string, LayerProblem>;
  /** What a deletion waits for. */
  readonly deletionWaitsFor?: string;
  /** RFC 3339. */
  readonly now: string;
}

/** Milliseconds an agent may be silent before it counts as away: a reconnect after a hub restart shows nothing. */
export const AGENT_GRACE_MS = 45_000;

/** Connected, or away for less than the grace. */
export function isReachable(connection: AgentConnection, now: string): boolean {
  return connection.connected || (connection.lastSeen !== undefined && Date.parse(now) - Date.parse(connection.lastSeen) < AGENT_GRACE_MS);
}

/** Machines the spec asks for. */
export const wantedMachines = (view: Pick<ClusterView, 'cluster' | 'pools'>): number =>
  view.cluster.spec.controlPlane.replicas +
  view.pools.filter((pool) => !pool.metadata.deletionTimestamp).reduce((sum, pool) => sum + pool.spec.replicas, 0);
