import { SlipwayError } from '@slipway/kit';

/** Who asks: queues are fair between tenants first, then between the principals of a tenant. */
export interface Flow {
  readonly tenant: string;
  readonly principal: string;
}

export interface FairQueueLimits {
  /** Requests in work at once. */
  readonly seats: number;
  /** Requests that wait, for each principal and for each tenant. */
  readonly principalQueue: number;
  readonly tenantQueue: number;
  /** How long a request waits for its seat, and how long one that finds its queue full waits for its refusal: who asks again at once asks no more often. Milliseconds. */
  readonly maxWaitMs: number;
  readonly refusalMs: number;
  /** Refusals that are held back at once; beyond them the answer is immediate. */
  readonly heldRefusals: number;
  /** A tenant that asked within this time keeps room for its next request. Milliseconds. */
  readonly activeMs: number;
}

export const FAIR_QUEUE_LIMITS: FairQueueLimits = {
  seats: 16,
  principalQueue: 500,
  tenantQueue: 1000,
  maxWaitMs: 15_000,
  refusalMs: 1000,
  heldRefusals: 2000,
  activeMs: 2000,
};

export interface FairQueue {
  /** Resolves when the request may be worked on, with what gives its seat back (once; more often does no harm). Rejects with `TooManyRequests`, or with the signal's reason. */
  enter(flow: Flow, signal?: AbortSignal): Promise<() => void>;
  /** In work and waiting, for metrics and tests. */
  readonly load: { readonly inWork: number; readonly waiting: number };
}

interface Waiting {
  readonly principal: string;
  readonly start: () => void;
}

interface Tenant {
  readonly name: string;
  inWork: number;
  waiting: number;
  lastAsked: number;
  /** When it last got a seat, as a count: of two with equal use, who waited longer is next. */
  lastServed: number;
  /** Principals in the order of their turn. */
  readonly queues: Map<string, Waiting[]>;
}

/**
 * As many requests in work as the hub does well at once, shared fairly: whoever has least in work gets the next seat, and while several tenants ask, none may fill more than its part, so
 * that a request of a quiet tenant never waits behind a flood. Modelled on Kubernetes' API Priority and Fairness, with queues by name instead of by hash: a tenant costs memory only
 * while it has requests.
 */
export function createFairQueue(limits: FairQueueLimits, now: () => number = () => performance.now()): FairQueue {
  const tenants = new Map<string, Tenant>();
  let inWork = 0;
  let waiting = 0;
  let served = 0;
  let held = 0;

  const tenantOf = (name: string): Tenant => {
    let tenant = tenants.get(name);
    if (tenant === undefined) {
      tenant = { name, inWork: 0, waiting: 0, lastAsked: 0, lastServed: 0, queues: new Map() };
      tenants.set(name, tenant);
    }
    return tenant;
  };
  /** How many seats one tenant may have: all of them when it is alone, with others half of its equal part, so that there is always one free for who comes. */
  const part = (): number => {
    const since = now() - limits.activeMs;
    let active = 0;
    for (const tenant of tenants.values()) {
      if (tenant.inWork + tenant.waiting > 0 || tenant.lastAsked >= since) active++;
      else tenants.delete(tenant.name);
    }
    return active <= 1 ? limits.seats : Math.max(1, Math.floor(limits.seats / (2 * active)));
  };
  const take = (tenant: Tenant): (() => void) => {
    inWork++;
    tenant.inWork++;
    tenant.lastServed = ++served;
    const free = () => {
      inWork--;
      tenant.inWork--;
      next();
    };
    let given = false;
    return () => {
      if (given) return;
      given = true;
      // Not before the connections were looked at again: requests that are answered from memory would each find their seat free, and a thousand of them be
      // worked on before anybody else's was even read.
      setImmediate(free);
    };
  };
  const next = (): void => {
    const most = part();
    while (inWork < limits.seats && waiting > 0) {
      let best: Tenant | undefined;
      for (const tenant of tenants.values()) {
        if (tenant.waiting === 0 || tenant.inWork >= most) continue;
        if (best === undefined || tenant.inWork < best.inWork || (tenant.inWork === best.inWork && tenant.lastServed < best.lastServed))
          best = tenant;
      }
      if (best === undefined) return;
      const [principal, queue] = best.queues.entries().next().value as [string, Waiting[]];
      const first = queue.shift() as Waiting;
      // To the end of the round.
      best.queues.delete(principal);
      if (queue.length > 0) best.queues.set(principal, queue);
      first.start();
    }
  };
  const refuse = async (why: string, signal: AbortSignal | undefined): Promise<never> => {
    if (held < limits.heldRefusals) {
      held++;
      await pause(limits.refusalMs, signal).finally(() => held--);
    }
    throw tooMany(why);
  };

  return {
    get load() {
      return { inWork, waiting };
    },
    async enter(flow, signal) {
      signal?.throwIfAborted();
      const tenant = tenantOf(flow.tenant);
      tenant.lastAsked = now();
      if (waiting === 0 && inWork < limits.seats && tenant.inWork < part()) return take(tenant);
      const queue = tenant.queues.get(flow.principal) ?? [];
      if (queue.length >= limits.principalQueue) return refuse('you have too many requests waiting', signal);
      if (tenant.waiting >= limits.tenantQueue) return refuse('your tenant has too many requests waiting', signal);
      return new Promise<() => void>((resolve, reject) => {
        const leave = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', aborted);
          tenant.waiting--;
          waiting--;
        };
        const giveUp = (reason: unknown) => {
          const at = queue.indexOf(entry);
          if (at >= 0) queue.splice(at, 1);
          if (queue.length === 0 && tenant.queues.get(flow.principal) === queue) tenant.queues.delete(flow.principal);
          leave();
          reject(reason as Error);
        };
        const aborted = () => giveUp(signal?.reason);
        const timer = setTimeout(() => giveUp(tooMany('the hub is busy with what was asked before')), limits.maxWaitMs);
        const entry: Waiting = {
          principal: flow.principal,
          start: () => {
            leave();
            resolve(take(tenant));
          },
        };
        signal?.addEventListener('abort', aborted, { once: true });
        queue.push(entry);
        if (!tenant.queues.has(flow.principal)) tenant.queues.set(flow.principal, queue);
        tenant.waiting++;
        waiting++;
        next();
      });
    },
  };
}

const tooMany = (why: string): SlipwayError =>
  new SlipwayError('TooManyRequests', `Too many requests: ${why}, please try again later.`, { retryAfter: 1 });

/** Also ends, without an error, when the asker has gone. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
