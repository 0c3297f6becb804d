import { SlipwayError } from '@slipway/kit';

export interface BodyLimits {
  /** Bytes of bodies that are read or worked on at once. */
  readonly perTenant: number;
  readonly total: number;
}

export const BODY_LIMITS: BodyLimits = { perTenant: 64 * 1024 * 1024, total: 256 * 1024 * 1024 };

/** Bodies are read before their requests take a seat, because a slow sender would keep it; so their memory is counted apart. */
export function createBodies(limits: BodyLimits): { take(tenant: string, bytes: number): () => void } {
  const tenants = new Map<string, number>();
  let total = 0;
  const change = (tenant: string, by: number): void => {
    total += by;
    const now = (tenants.get(tenant) ?? 0) + by;
    if (now > 0) tenants.set(tenant, now);
    else tenants.delete(tenant);
  };
  return {
    take(tenant, bytes) {
      if ((tenants.get(tenant) ?? 0) + bytes > limits.perTenant || total + bytes > limits.total)
        throw new SlipwayError('TooManyRequests', 'Too many large requests at once, please try again later.', { retryAfter: 1 });
      change(tenant, bytes);
      let given = false;
      return () => {
        if (given) return;
        given = true;
        change(tenant, -bytes);
      };
    },
  };
}
