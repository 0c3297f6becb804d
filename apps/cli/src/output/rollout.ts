import { SlipwayError } from '@slipway/kit';
import { type ApiObject, isFinished, rolloutKind, type RolloutPlan, type RolloutSpec, type RolloutStatus } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { Detached } from '../exit.ts';
import type { Hub } from '../hub/hub.ts';
import type { Io } from './io.ts';
import { countWords, impactCounts, renderKinds } from './plan-kinds.ts';
import { createTimeline } from './timeline.ts';
import { follow } from './watch.ts';

type RolloutObject = ApiObject<RolloutSpec, RolloutStatus>;

/** What a rollout would do to the fleet: by wave, then each different plan once. */
export function renderRolloutPlan(io: Io, name: string, plan: RolloutPlan): string {
  const { target, waves, refusals } = plan;
  const moving = plan.total - plan.there - plan.refused;
  const lines = [
    `${io.paint('bold', `rollout ${name}`, 'stdout')}: ${countWords(moving, 'cluster')} to ${target.name}@${target.version}; ${plan.there} there already, ${plan.refused - plan.blocked} refused${plan.blocked > 0 ? `, ${plan.blocked} wait for decisions` : ''}.`,
    ...waves.map(
      (wave) => `  wave ${wave.name}: ${countWords(wave.clusters, 'cluster')}${wave.refused > 0 ? `, ${wave.refused} refused` : ''}`,
    ),
  ];
  lines.push(...renderKinds(io, plan));
  for (const { cluster, why, conflicts } of refusals.slice(0, 10)) {
    const words = conflicts ? `  blocked ${cluster}: overrides conflict at ${conflicts.join(', ')}` : `  refused ${cluster}: ${why}`;
    lines.push(io.paint('red', words, 'stdout'));
  }
  const impacts = impactCounts(plan.impacts);
  if (impacts.length > 0) lines.push('', `  Impact: ${impacts.join('; ')}.`);
  if (plan.approval !== undefined) lines.push(`  Needs the approval ${plan.approval}: ${plan.disruptions.join(', ')}.`);
  return lines.join('\n');
}

export function renderRollout(io: Io, { metadata, spec, status }: RolloutObject): string {
  const phase = status?.phase ?? 'Pending';
  const lines = [
    `${io.paint('bold', metadata.name, 'stdout')}  ${spec.target.name}@${spec.target.version}  ${phase}`,
    `  ${status?.message || 'Waits for the hub to look at it.'}`,
    ...(status?.waves ?? []).map(
      (wave) =>
        `  wave ${wave.name.padEnd(12)} ${wave.done}/${wave.total} done${wave.moving > 0 ? `, ${wave.moving} on the way` : ''}${wave.failed > 0 ? `, ${wave.failed} failed` : ''}`,
    ),
    ...(status?.clusters ?? []).map(
      (cluster) => `    ${cluster.state.padEnd(9)} ${cluster.project}/${cluster.name}${cluster.message ? `: ${cluster.message}` : ''}`,
    ),
  ];
  return lines.join('\n');
}

/** Phases that only a person ends. */
const STANDS_STILL = new Set(['Halted', 'Paused', 'WaitingForApproval', 'WaitingForRelease']);

/** Follows a rollout until it is over or stands still. Ctrl-C leaves it to the hub. */
export async function waitForRollout(input: {
  readonly deps: Pick<CliDeps, 'io' | 'signal' | 'self'>;
  readonly hub: Hub;
  readonly name: string;
  readonly timeoutMs: number;
}): Promise<void> {
  const { deps, hub, name } = input;
  const timeline = createTimeline(deps.io);
  const timeout = AbortSignal.timeout(input.timeoutMs);
  const signal = AbortSignal.any([deps.signal, timeout]);
  const step = timeline.step(`rollout ${name}`);
  let last = 'waiting for the hub';
  try {
    for await (const event of follow(hub, rolloutKind, { fieldSelector: `metadata.name=${name}` }, signal)) {
      const { metadata, status } = event.object as RolloutObject;
      if (event.type === 'DELETED') throw new SlipwayError('Gone', `Rollout "${name}" was deleted.`);
      if (!status || status.observedGeneration < metadata.generation) continue;
      last = status.message;
      step.update(`${status.counts.done}/${status.counts.total} ${status.message}`);
      if (status.phase === 'Completed' && status.counts.failed === 0) return step.done(status.message);
      if (isFinished(status.phase) || STANDS_STILL.has(status.phase)) {
        step.fail(status.message);
        throw new SlipwayError('Conflict', `Rollout "${name}" is ${status.phase}: ${status.message}`, {
          hint: `Look with: ${deps.self} rollout status ${name}`,
        });
      }
    }
    if (timeout.aborted) {
      step.fail(last);
      throw new SlipwayError('Timeout', `Rollout "${name}" is not over: ${last}`, { hint: 'It goes on by itself.' });
    }
    throw new Detached(
      `Detached: the hub goes on with rollout "${name}". Follow it again with: ${deps.self} rollout status ${name} --wait`,
    );
  } finally {
    timeline.close();
  }
}
