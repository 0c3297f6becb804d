import { approvalId, isFinished, rolloutStatus } from '@slipway/model';
import { changed, defineController, done, type Source, type Step } from '@slipway/runtime';
import type { FleetDeps } from '../deps.ts';
import { recordChanges } from '../event/condition-events.ts';
import { type ClusterObject, keyOf } from '../reads.ts';
import { writeStatus } from '../writes.ts';
import { fleetDisruptions } from './fleet-plan.ts';
import { moveCluster, recordVerdicts, returnCluster } from './move.ts';
import { createRolloutIndex, type RolloutIndex } from './rollout-index.ts';
import { nextStepOf, loadRolloutScope, type RolloutScope, seeAgain } from './scope.ts';

/** How soon a window that is closed, or a gate that runs, is looked at again at the latest. */
const LOOK_AGAIN_MS = 60_000;

/** Takes a fleet to a profile version, wave by wave. What has been done is read off the clusters, so that a restart in the middle changes nothing. */
export function rolloutController(deps: FleetDeps) {
  const index = createRolloutIndex();
  return defineController<RolloutScope>({
    name: 'rollout',
    resyncMs: LOOK_AGAIN_MS,
    wakeOn: wakeOn(deps, index),
    load: async (key) => {
      const scope = await loadRolloutScope(deps, key);
      if (scope === undefined) index.drop(key);
      return scope;
    },
    deleting: ({ rollout }) => Boolean(rollout.metadata.deletionTimestamp),
    phases: {
      active: [
        { name: 'verdicts', run: verdicts },
        { name: 'move', needs: ['verdicts'], run: move },
        { name: 'back', needs: ['verdicts'], run: back },
      ],
    },
    finish,
  });
}

const wakeOn = (deps: FleetDeps, index: RolloutIndex): Source[] => [
  changed(deps, 'Rollout', (rollout, tenant) => {
    index.put(tenant, rollout);
    return [keyOf(tenant, rollout)];
  }),
  changed(deps, 'Cluster', (cluster, tenant) => index.concernedBy(tenant, cluster)),
];

async function verdicts(scope: RolloutScope): Promise<Step> {
  seeAgain(scope, await recordVerdicts(scope));
  return done();
}

async function move(scope: RolloutScope, signal: AbortSignal): Promise<Step> {
  const written: ClusterObject[] = [];
  const unapproved = new Set<string>();
  for (const member of nextStepOf(scope).move) {
    signal.throwIfAborted();
    const moved = await moveCluster(scope, member);
    if (moved.type === 'unapproved') moved.disruptions.forEach((disruption) => unapproved.add(disruption));
    else if (moved.cluster) written.push(moved.cluster);
  }
  if (unapproved.size > 0) await askForApproval(scope, unapproved);
  seeAgain(scope, written);
  return done();
}

/** One question for all that is still to come, so that nobody is asked again at each wave. */
async function askForApproval(scope: RolloutScope, unapproved: ReadonlySet<string>): Promise<void> {
  const known = scope.approval?.disruptions ?? [];
  if ([...unapproved].every((disruption) => known.includes(disruption))) return;
  const disruptions = [...new Set([...known, ...unapproved, ...(await fleetDisruptions(scope))])].toSorted();
  scope.approval = { id: approvalId(scope.rollout.spec.target, disruptions), disruptions };
}

async function back(scope: RolloutScope, signal: AbortSignal): Promise<Step> {
  const written: ClusterObject[] = [];
  for (const member of nextStepOf(scope).back) {
    signal.throwIfAborted();
    const stored = await returnCluster(scope, member);
    if (stored) written.push(stored);
  }
  seeAgain(scope, written);
  return done();
}

async function finish(scope: RolloutScope): Promise<number | void> {
  const { rollout, members, deps, now } = scope;
  const step = nextStepOf(scope);
  const status = rolloutStatus({ rollout, members, step, approval: scope.approval, now });
  await recordChanges(deps, rollout, rollout.status?.conditions ?? [], status.conditions);
  await writeStatus(deps.store, rollout, status);
  if (isFinished(status.phase)) return undefined;
  const soon = members.flatMap(({ progress }) => progress.lookAgainMs ?? []);
  return Math.min(LOOK_AGAIN_MS, ...soon);
}
