import { backoff, messageOf, minutes, sleep, type Logger } from '@slipway/kit';
import { acceptPlan, verifySignedPlan, type AgentLink, type CredentialStore, type CurrentPlan, type LinkSubject } from '@slipway/link';
import type { ClusterPlan, GatewayPlan } from '@slipway/model';
import { createNotifier } from '../parallel.ts';
import type { PlanStore } from './plan-store.ts';

export interface PlanRefused {
  readonly reason: string;
  readonly message: string;
}

export interface FollowPlanDeps {
  readonly link: Pick<AgentLink, 'onPlanAvailable' | 'pullPlan' | 'setPlan' | 'joined'>;
  readonly credentials: CredentialStore;
  readonly store: PlanStore;
  readonly logger: Logger;
  /** A plan is in force from now on: called for the kept one at start, and for every newer one. */
  readonly onPlan: (plan: ClusterPlan | GatewayPlan, current: CurrentPlan) => void;
  /** The last plan pulled was refused, or (undefined) is not any more. */
  readonly onRefused: (refused: PlanRefused | undefined) => void;
  readonly pollMs?: number;
}

/** Even without being told of a newer plan, one is asked for now and then. */
const POLL_MS = minutes(1);

/**
 * Keeps the newest acceptable plan in force: the kept one at once, whether the hub is there or not; newer ones as they come. A plan that is older,
 * broken, badly signed or for another cluster is refused with a reason and changes nothing.
 */
export async function followPlan(deps: FollowPlanDeps, signal: AbortSignal): Promise<void> {
  const news = createNotifier();
  let pending = false;
  deps.link.onPlanAvailable(() => {
    pending = true;
    news.notify();
  });
  let current: CurrentPlan | undefined;
  let subject: LinkSubject;
  try {
    current = await restore(deps, signal);
    subject = await deps.link.joined(signal);
  } catch {
    return;
  }
  for (let failures = 0; !signal.aborted;) {
    pending = false;
    try {
      current = (await pull(deps, subject, current, signal)) ?? current;
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      deps.logger.debug({ error: messageOf(error) }, 'the plan could not be pulled');
      await sleep(backoff(failures++, { baseMs: 500, maxMs: 15_000 }), signal).catch(() => undefined);
      continue;
    }
    if (!pending) await news.next(signal, deps.pollMs ?? POLL_MS);
  }
}

/** An agent that cannot read which plan is in force takes none from the hub either: it could not tell an older one from a newer. It goes on trying until it can, or is stopped. */
async function restore(deps: FollowPlanDeps, signal: AbortSignal): Promise<CurrentPlan | undefined> {
  for (let failures = 0; ;) {
    try {
      const identity = (await deps.credentials.load())?.joined;
      const kept = identity === undefined ? undefined : await deps.store.load();
      if (identity === undefined || kept === undefined) return undefined;
      const verified = verifySignedPlan(kept, identity.planKey);
      const decision = acceptPlan(undefined, verified, identity.subject);
      if (!decision.accepted || !verified.ok) {
        deps.logger.error({ reason: decision.accepted ? '' : decision.message }, 'the kept plan is not acceptable; waiting for the hub');
        return undefined;
      }
      return take(deps, decision.plan, verified.signed.hash);
    } catch (error) {
      deps.logger.warn({ error: messageOf(error) }, 'the kept plan could not be read');
      await sleep(backoff(failures++, { baseMs: 300, maxMs: 15_000 }), signal);
    }
  }
}

function take(deps: FollowPlanDeps, plan: ClusterPlan | GatewayPlan, hash: string): CurrentPlan {
  const current = { revision: plan.revision, hash };
  deps.link.setPlan(current);
  deps.onPlan(plan, current);
  return current;
}

async function pull(
  deps: FollowPlanDeps,
  subject: LinkSubject,
  current: CurrentPlan | undefined,
  signal: AbortSignal,
): Promise<CurrentPlan | undefined> {
  const answer = await deps.link.pullPlan(signal);
  if (answer.state !== 'new') {
    if (answer.state === 'unchanged') deps.onRefused(undefined);
    return undefined;
  }
  const decision = acceptPlan(current, answer.verified, subject);
  if (!decision.accepted || !answer.verified.ok) {
    const refused = decision.accepted
      ? { reason: 'PlanBroken', message: 'The plan was refused.' }
      : { reason: decision.reason, message: decision.message };
    deps.logger.error(refused, 'a plan was refused');
    deps.onRefused(refused);
    return undefined;
  }
  deps.onRefused(undefined);
  if (decision.unchanged) return undefined;
  // Kept before it is acted on: after a crash the agent must not fall back behind what it has begun.
  await deps.store.save(answer.verified.signed);
  return take(deps, decision.plan, answer.verified.signed.hash);
}
