import { type AccessRequest, type Authorizer, type Decision, type Lasting, type Principal, SYSTEM_TENANT } from '@slipway/model';
import type { Directory } from './directory.ts';

/** How often a right in use is looked at although nothing is known to have changed: keys expire, and are revoked by other replicas. */
const RECHECK_MS = 2000;

/**
 * Ends what is in use (a watch, a tunnel) when its right ends: the key revoked or expired, the user or tenant disabled, the team or role taken away. A right that
 * merely changed (another selector) ends too: the client begins again with the new one. When it cannot be found out, it ends.
 */
export function createLasting(
  deps: {
    directory: Directory;
    stillValid: (principal: Principal) => Promise<boolean>;
    authorizer: Pick<Authorizer, 'authorize' | 'enter'>;
  },
  use: { principal: Principal; request: AccessRequest; decision: Decision },
): Lasting {
  const { principal, request, decision } = use;
  const ended = new AbortController();
  const holds = async (): Promise<boolean> => {
    if (!(await deps.stillValid(principal))) return false;
    if ((await deps.authorizer.enter(principal, principal.tenant)) === undefined) return false;
    const now = await deps.authorizer.authorize(principal, request);
    return now.allowed && JSON.stringify(now.only) === JSON.stringify(decision.only);
  };
  let wanted = false;
  let checking: Promise<void> | undefined;
  const checkAll = async (): Promise<void> => {
    while (wanted) {
      wanted = false;
      if (!(await holds().catch(() => false))) return ended.abort();
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
