import { setImmediate } from 'node:timers/promises';
import { createRolloutPlan, disruptionsOf, type Member, type RolloutPlan, rolloutMembers, versionOf } from '@slipway/model';
import type { Deps, FleetDeps } from '../deps.ts';
import { depsOf } from '../tenant-deps.ts';
import { judged, packReadsOf } from './move.ts';
import { type RolloutObject, type RolloutScope, selectedClusters } from './scope.ts';
import { snapshotOf } from './snapshot.ts';
import { wantedOf } from './wanted.ts';

/** Clusters judged before others get a turn. */
const TURN = 50;

/** Everything that needs an approval, of all clusters that a rollout has still to move. */
export async function fleetDisruptions(scope: RolloutScope): Promise<string[]> {
  const waiting = scope.members.filter(({ progress }) => progress.state === 'Waiting');
  const found = new Set<string>();
  await judgeAll(scope.deps, scope.rollout, waiting, (_, answer) => {
    if (answer.ok) disruptionsOf(answer.plan).forEach((disruption) => found.add(disruption));
  });
  return [...found];
}

/** What a rollout would do to the whole fleet. Reads, never writes; the rollout need not exist. */
export async function planRollout(fleet: FleetDeps, tenant: string, rollout: RolloutObject): Promise<RolloutPlan> {
  const deps = depsOf(fleet, tenant);
  const { target, waves } = rollout.spec;
  const clusters = await selectedClusters(deps, rollout);
  const now = new Date(deps.clock.now()).toISOString();
  // Checks are for clusters that have been moved: a plan is about those that have not.
  const members = rolloutMembers({ rollout, clusters, check: () => undefined, policies: new Map(), now });
  const sum = createRolloutPlan(
    target,
    waves.map(({ name }) => name),
  );
  const place = ({ cluster, wave }: Member) => ({
    project: cluster.metadata.namespace ?? '',
    name: cluster.metadata.name,
    wave: waves[wave]?.name ?? '',
    from: versionOf(cluster.spec, target) ?? '',
  });
  const [waiting, others] = [
    members.filter(({ progress }) => progress.state === 'Waiting'),
    members.filter(({ progress }) => progress.state !== 'Waiting'),
  ];
  for (const member of others)
    sum.add(member.progress.state === 'Skipped' ? { ...place(member), refused: member.progress.message } : place(member));
  await judgeAll(deps, rollout, waiting, (member, answer) =>
    sum.add(
      answer.ok ? { ...place(member), plan: answer.plan } : { ...place(member), refused: answer.message, conflicts: answer.conflicts },
    ),
  );
  return sum.plan();
}

async function judgeAll(
  deps: Deps,
  rollout: RolloutObject,
  members: readonly Member[],
  tell: (member: Member, answer: Awaited<ReturnType<typeof judged>>) => void,
): Promise<void> {
  const store = await snapshotOf(
    deps.store,
    members.map(({ cluster }) => cluster),
  );
  const packs = packReadsOf(deps);
  for (const [index, member] of members.entries()) {
    tell(member, await judged({ ...deps, store: { ...deps.store, ...store } }, member.cluster, wantedOf(member.cluster, rollout), packs));
    if (index % TURN === TURN - 1) await setImmediate();
  }
}
