import type { Cloud, ClusterRenderInput } from '@slipway/clouds';
import type { Clock, Logger } from '@slipway/kit';
import type { ChartRenderer, FactsReader, PackResolver, PlanPublisher } from '@slipway/link';
import type { FleetStore, ObjectStore, PackReads } from '@slipway/model';
import type { EventRecorder, Leases, Timers } from '@slipway/runtime';
import type { ClusterIndex } from './cluster-index.ts';
import type { ClusterResolver, SecretOpener } from './cluster-resolver.ts';

export interface ControllersOptions {
  readonly store: FleetStore;
  readonly facts: FactsReader;
  readonly plans: PlanPublisher;
  readonly packs: PackResolver;
  /** Renders charts for plans; without it a plan cannot show their manifests. */
  readonly render?: ChartRenderer | undefined;
  /** What admission is told of packs, on behalf of a tenant. Without it what needs packs is not checked. */
  readonly packReads?: ((tenant: string) => PackReads) | undefined;
  /** Without it secret variables and macros stay masked: for tests that have none. */
  readonly secrets?: SecretOpener;
  /** Every cloud by name. */
  readonly clouds: Readonly<Record<string, Pick<Cloud, 'render'>>>;
  /** Image tags kubeadm must ask for, by Kubernetes version (`v1.35.4`). */
  readonly imageTags?: (kubernetesVersion: string) => ClusterRenderInput['imageTags'];
  /** Shared by all replicas. Without it this process takes itself for the only one. */
  readonly leases?: Leases;
  /** Controllers that are not run, by name: where something else keeps what they would. */
  readonly without?: readonly string[] | undefined;
  readonly clock: Clock;
  readonly timers?: Timers;
  readonly logger: Logger;
}

/** What every controller works with: everybody's objects, for finding out whose turn it is. */
export interface FleetDeps extends Required<Omit<ControllersOptions, 'leases' | 'secrets' | 'without'>> {
  readonly resolveCluster: ClusterResolver;
  readonly clusters: ClusterIndex;
}

/** What a run works with: objects of one tenant. */
export interface Deps extends Omit<FleetDeps, 'store' | 'clusters'> {
  readonly tenant: string;
  readonly store: ObjectStore;
  /** Everybody's: for what admission must know of other tenants, and nothing else. */
  readonly fleet: FleetStore;
  readonly events: EventRecorder;
}

/** The tags of the images Slipway ships, for every Kubernetes version it ships. */
export const SHIPPED_IMAGE_TAGS: ClusterRenderInput['imageTags'] = { etcd: '3.6.8-0', coredns: 'v1.14.2' };
