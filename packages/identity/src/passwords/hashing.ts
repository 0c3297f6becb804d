import { hash, verify } from '@node-rs/argon2';
import { SlipwayError } from '@slipway/kit';

/** OWASP's first choice for argon2id (the library's default algorithm): 19 MiB, 2 passes, 1 lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const CURRENT = '$argon2id$v=19$m=19456,t=2,p=1$';
/** What nobody's password is: verified where there is none, so that it takes as long. */
const NOBODYS = `${CURRENT}c2xpcHdheS1ub2JvZHktMQ$GUQg6TSFpnBx1uYRQhVDnred6Ky0udID44cbsQPtCTI`;

export interface HasherLimits {
  /** Hashes at once: each takes 19 MiB and a core for some 30 ms. */
  readonly parallel: number;
  /** How many more may wait; beyond them callers are sent away. */
  readonly waiting: number;
}

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Without a stored hash the answer is no after the same work. `outdated`: to be hashed anew with today's parameters. */
  verify(stored: string | undefined, password: string): Promise<{ readonly ok: boolean; readonly outdated: boolean }>;
}

/** Argon2id with a bound on memory: a flood of sign-ins waits in line or is sent away, and cannot exhaust the hub. */
export function createPasswordHasher(limits: HasherLimits = { parallel: 2, waiting: 64 }): PasswordHasher {
  const line: (() => void)[] = [];
  let running = 0;
  const enter = (): Promise<void> | undefined => {
    if (running < limits.parallel) {
      running++;
      return undefined;
    }
    if (line.length >= limits.waiting)
      throw new SlipwayError('Unavailable', 'Too many people sign in at this moment.', { retryAfter: 2, hint: 'Try again in a moment.' });
    return new Promise((resolve) => line.push(resolve));
  };
  const leave = (): void => {
    const next = line.shift();
    if (next === undefined) running--;
    // The place goes on to who waited longest.
    else next();
  };
  const bounded = async <T>(work: () => Promise<T>): Promise<T> => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
  return {
    hash: (password) => bounded(() => hash(canonical(password), PARAMETERS)),
    verify: (stored, password) =>
      bounded(async () => {
        const equal = await verify(stored ?? NOBODYS, canonical(password)).catch(() => false);
        return { ok: equal && stored !== undefined, outdated: stored !== undefined && !stored.startsWith(CURRENT) };
      }),
  };
}

/** The same password however a keyboard composes its characters. */
const canonical = (password: string): string => password.normalize('NFKC');
