import { withDeadline } from '@slipway/kit';
import {
  type AccessRequest,
  type ApiObject,
  type Authorizer,
  type Decision,
  kinds,
  type Lasting,
  normalized,
  type ObjectStore,
  type Principal,
  scopesMatcher,
  type StillHolds,
  SYSTEM_TENANT,
} from '@slipway/model';
import type { Directory } from './directory.ts';

/** How often a right in use is looked at although nothing is known to have changed: keys expire, objects get other labels, and other replicas revoke. */
const RECHECK_MS = 2000;
/** A look that has no result by then counts as one that failed: a database that is silent keeps nobody's right alive. */
const LOOK_MS = 10_000;

interface LastingDeps {
  readonly directory: Directory;
  readonly store: Pick<ObjectStore, 'get'>;
  readonly again: (principal: Principal) => Promise<Principal | undefined>;
  readonly authorizer: Pick<Authorizer, 'authorize' | 'enter'>;
}

interface Use {
  readonly principal: Principal;
  readonly request: AccessRequest;
  readonly decision: Decision;
  /** Asked besides about what is done with one object. */
  readonly also?: StillHolds | undefined;
}

/**
 * Ends what is in use (a watch, a tunnel) when its right ends: the key revoked or expired, the user or tenant disabled, the team or role taken away, the object moved
 * out of reach. When it cannot be found out, it ends. What goes on being allowed goes on, by whichever role; only a list that a right narrows differently ends, because its
 * client must begin again to see the rest.
 */
export function createLasting(deps: LastingDeps, use: Use): Lasting {
  const { principal } = use;
  const ended = new AbortController();
  let wanted = false;
  let checking: Promise<void> | undefined;
  const checkAll = async (): Promise<void> => {
    while (wanted) {
      wanted = false;
      if (!(await withDeadline(LOOK_MS, 'whether the right still holds', stillHeld(deps, use)).catch(() => false))) return ended.abort();
    }
  };
  const check = (): void => {
    wanted = true;
    checking ??= checkAll().finally(() => (checking = undefined));
  };
  const off = deps.directory.onChange((tenant) => {
    if (tenant === principal.home || tenant === principal.tenant || tenant === SYSTEM_TENANT) check();
  });
  const timer = setInterval(check, RECHECK_MS);
  timer.unref();
  const release = () => {
    clearInterval(timer);
    off();
  };
  ended.signal.addEventListener('abort', release, { once: true });
  return { signal: ended.signal, release };
}

async function stillHeld({ again, authorizer, store }: LastingDeps, use: Use): Promise<boolean> {
  const { principal, request, decision } = use;
  const home = await again(principal);
  if (home === undefined || JSON.stringify(home.restriction) !== JSON.stringify(principal.restriction)) return false;
  const now = await authorizer.enter(home, principal.tenant);
  if (now === undefined) return false;
  const { allowed, only } = await authorizer.authorize(now, request);
  if (!allowed) return false;
  if (request.name === undefined) return JSON.stringify(only) === JSON.stringify(decision.only);
  if (only === undefined && use.also === undefined) return true;
  const object = await addressed(store, now.tenant, request);
  if (object === undefined || (only !== undefined && !scopesMatcher(only)(object))) return false;
  return use.also === undefined || use.also(now, object);
}

/** The object a request names, as it is now. */
async function addressed(store: Pick<ObjectStore, 'get'>, tenant: string, request: AccessRequest): Promise<ApiObject | undefined> {
  const { resource, project, name = '' } = normalized(request);
  const kind = kinds.find(({ plural }) => plural === resource)?.kind;
  return kind === undefined ? undefined : store.get({ tenant, kind, project, name });
}
