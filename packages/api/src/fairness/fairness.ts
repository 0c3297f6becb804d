import type { IncomingMessage, ServerResponse } from 'node:http';
import { networkOf } from '@slipway/kit/network';
import type { Principal } from '@slipway/model';
import { BODY_LIMITS, type BodyLimits, createBodies } from './bodies.ts';
import { createFailures, FAILURE_LIMITS, type FailureLimits } from './failures.ts';
import { createFairQueue, FAIR_QUEUE_LIMITS, type FairQueueLimits, type Flow } from './fair-queue.ts';
import { createLongRunning, LONG_RUNNING_LIMITS, type LongRunningLimits } from './long-running.ts';

export interface FairnessLimits {
  readonly requests?: Partial<FairQueueLimits>;
  readonly failures?: Partial<FailureLimits>;
  readonly longRunning?: Partial<LongRunningLimits>;
  readonly bodies?: Partial<BodyLimits>;
}

/** Who a request counts to: where its sender is at home, wherever it acts. */
const flowOf = ({ home, name }: Principal): Flow => ({ tenant: home, principal: name });

export type Fairness = ReturnType<typeof createFairness>;

/** Every limit on how much of the hub one caller may take. */
export function createFairness(maxBody: number, limits: FairnessLimits = {}) {
  const bodies = createBodies({ ...BODY_LIMITS, ...limits.bodies });
  const queue = createFairQueue({ ...FAIR_QUEUE_LIMITS, ...limits.requests });
  const failures = createFailures({ ...FAILURE_LIMITS, ...limits.failures });
  const longRunning = createLongRunning({ ...LONG_RUNNING_LIMITS, ...limits.longRunning });
  return {
    /** Waits for a seat, which ends with the answer at the latest. */
    async seat(principal: Principal, response: ServerResponse): Promise<() => void> {
      const gone = new AbortController();
      const closed = () => gone.abort();
      response.once('close', closed);
      const leave = await queue.enter(flowOf(principal), gone.signal);
      response.off('close', closed);
      response.once('close', leave);
      if (response.destroyed) leave();
      return leave;
    },
    /** Room for a body; one that does not say its length may be of any that is allowed. */
    body(principal: Principal, request: IncomingMessage, response: ServerResponse): void {
      const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
      if (length === undefined && encoding === undefined) return;
      response.once('close', bodies.take(principal.home, length === undefined ? maxBody : Math.min(Number(length), maxBody)));
    },
    /** For what lasts. */
    lasting: (principal: Principal): (() => void) => longRunning.open(flowOf(principal)),
    /** Holds back the answer to an attempt that failed. */
    failed: (address: string): Promise<void> => failures.failed(networkOf(address)),
  };
}
