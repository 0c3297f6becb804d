import { SlipwayError } from '@slipway/kit';
import { type ApiObject, clusterKind, machinePoolKind, READY_STEP } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { Detached } from '../exit.ts';
import type { Hub } from '../hub/hub.ts';
import type { Cluster, MachinePool } from '../hub/objects.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { follow } from './watch.ts';

export interface WaitForClusterInput {
  readonly deps: Pick<CliDeps, 'io' | 'signal' | 'self'>;
  readonly hub: Hub;
  readonly project: string;
  readonly cluster: string;
  readonly timeoutMs: number;
  /** Wait for it to be gone instead of ready. */
  readonly gone?: boolean;
  /** The caller's timeline, when this is a part of something longer. */
  readonly timeline?: Timeline;
}

/** Why a cluster is not yet as declared, in words; undefined when it is. Pure. */
export function unsettledReason(cluster: Cluster, pools: readonly MachinePool[]): string | undefined {
  const { status } = cluster;
  if (!status || status.observedGeneration < cluster.metadata.generation)
    return status?.message || 'waiting for the hub to look at the change';
  if (status.phase === 'Paused') return undefined;
  if (status.phase !== 'Running') return status.message || status.phase;
  for (const pool of pools) {
    if (pool.metadata.deletionTimestamp) return `pool ${pool.metadata.name} is being deleted`;
    const ready = pool.status?.readyReplicas ?? 0;
    const current = pool.status?.upToDateReplicas ?? 0;
    if ((pool.status?.observedGeneration ?? 0) < pool.metadata.generation) return `pool ${pool.metadata.name} is about to change`;
    if (ready !== pool.spec.replicas || current !== pool.spec.replicas)
      return `pool ${pool.metadata.name}: ${Math.min(ready, current)} of ${pool.spec.replicas} machines ready`;
  }
  return undefined;
}

/** Gives whether a step of the cluster's own is running, whose detail says what is waited for. */
function showTimeline(timeline: Timeline, cluster: Cluster, since: number): boolean {
  let running = false;
  for (const step of cluster.status?.timeline ?? []) {
    // The hub's last step is what the whole wait is about.
    if (step.step === READY_STEP) continue;
    const startedAt = Date.parse(step.startedAt);
    const finishedAt = step.finishedAt === undefined ? undefined : Date.parse(step.finishedAt);
    // Steps of an earlier change are history, not news.
    if (finishedAt !== undefined && finishedAt < since) continue;
    timeline.adopt(step.step, startedAt, finishedAt, step.waitingFor);
    running ||= finishedAt === undefined;
  }
  return running;
}

/** Follows a cluster until it is as declared (or gone), showing its own timeline. Ctrl-C leaves it to the hub and says how to come back. */
export async function waitForCluster(input: WaitForClusterInput): Promise<void> {
  const { deps, hub, project, cluster: name } = input;
  const timeline = input.timeline ?? createTimeline(deps.io);
  const timeout = AbortSignal.timeout(input.timeoutMs);
  const stop = new AbortController();
  const signal = AbortSignal.any([deps.signal, timeout, stop.signal]);
  const since = Date.now() - 1000;
  const state: { cluster?: Cluster | undefined; seen: boolean; reason: string } = { seen: false, reason: 'waiting for the hub' };
  const pools = new Map<string, MachinePool>();
  const overall = timeline.step(input.gone ? `delete cluster ${name}` : `cluster ${name} as declared`);

  const look = () => {
    const { cluster } = state;
    if (!cluster) {
      if (state.seen && input.gone) stop.abort('settled');
      return;
    }
    const told = showTimeline(timeline, cluster, since);
    state.reason = input.gone ? (cluster.status?.message ?? 'being deleted') : (unsettledReason(cluster, [...pools.values()]) ?? '');
    if (state.reason === '') stop.abort('settled');
    else if (!told) overall.update(state.reason);
  };
  const watchCluster = async () => {
    const query = { project, fieldSelector: `metadata.name=${name}` };
    const first = await hub.find(clusterKind, name, project);
    if (!first) {
      if (input.gone) return stop.abort('settled');
      throw new SlipwayError('NotFound', `Cluster "${name}" was not found in project "${project}".`);
    }
    for await (const event of follow(hub, clusterKind, query, signal)) {
      state.seen = true;
      state.cluster = event.type === 'DELETED' ? undefined : (event.object as Cluster);
      look();
    }
  };
  const watchPools = async () => {
    for await (const event of follow(hub, machinePoolKind, { project, fieldSelector: `spec.cluster=${name}` }, signal)) {
      const pool: ApiObject = event.object;
      if (event.type === 'DELETED') pools.delete(pool.metadata.name);
      else pools.set(pool.metadata.name, pool as MachinePool);
      look();
    }
  };
  try {
    // The pools are listed before the first verdict about the cluster, or it would be called ready over pools not yet seen.
    const listed = await hub.list(machinePoolKind, { project, fieldSelector: `spec.cluster=${name}` });
    for (const pool of listed.items) pools.set(pool.metadata.name, pool as MachinePool);
    await Promise.all([watchCluster(), watchPools()]);
    if (stop.signal.aborted) return overall.done(input.gone ? 'gone' : 'ready');
    if (timeout.aborted) {
      overall.fail(state.reason);
      throw new SlipwayError(
        'Timeout',
        `Cluster "${name}" is not ${input.gone ? 'gone' : 'ready'} after ${Math.round(input.timeoutMs / 1000)} s: ${state.reason}`,
        {
          hint: `It goes on by itself. Look with: ${deps.self} describe cluster ${name}`,
        },
      );
    }
    const again = input.gone ? `${deps.self} wait cluster ${name} --gone` : `${deps.self} wait cluster ${name}`;
    throw new Detached(`Detached: the hub goes on with cluster "${name}". Follow it again with: ${again}`);
  } finally {
    stop.abort('over');
    if (!input.timeline) timeline.close();
  }
}
