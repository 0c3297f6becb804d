import { type Clock, type Logger, messageOf } from '@slipway/kit';
import { createQueue, type Queue, type QueueOptions, systemTimers } from '@slipway/runtime';

/** Machines and clusters come up side by side: each spends its time in Cluster API or kubeadm, not here. */
const WORKERS = 8;
/** Quicker than the hub's: what fails here is mostly an API server or a machine that is just coming up, and a person waits for it. */
const BACKOFF = { baseMs: 100, maxMs: 15_000 };

export interface WorkQueueOptions {
  readonly work: QueueOptions['work'];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The runtime's queue as the loops beside a gateway use it: eight keys at a time, quick retries, failures in the log. */
export const createWorkQueue = ({ work, clock, logger }: WorkQueueOptions): Queue =>
  createQueue({
    work,
    clock,
    timers: systemTimers,
    workers: WORKERS,
    backoff: BACKOFF,
    onError: (key, error, retryInMs) => logger.warn({ key, retryInMs, error: messageOf(error) }, 'reconcile failed, will retry'),
  });
