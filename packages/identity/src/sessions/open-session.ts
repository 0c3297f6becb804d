import { type Clock, minutes, SlipwayError } from '@slipway/kit';
import { type ApiObject, signInOf, SYSTEM_TENANT, type TenantSpec, type UserSpec, type UserStatus } from '@slipway/model';
import { activeSubject } from '../active.ts';
import type { Directory } from '../directory.ts';
import { standingProvider } from '../standing.ts';
import type { NewSession, Sessions, SessionTimes, SignInMethod, SignInSource } from './sessions.ts';

/**
 * Opens a session for a user who has proven who they are, in whatever way: the one door for every way of signing in. Refused when the user is disabled or gone,
 * comes through another provider than the one that vouches, or the tenant is suspended, in the same words for each.
 */
export async function openSession(
  deps: { sessions: Sessions; directory: Directory; clock: Clock },
  user: { readonly tenant: string; readonly name: string },
  how: SignInMethod,
  from: SignInSource,
): Promise<NewSession> {
  const { directory, sessions, clock } = deps;
  const found = (await activeSubject(directory, { kind: 'User', ...user }, clock.now())) as ApiObject<UserSpec, UserStatus> | undefined;
  if (found === undefined || found.spec.identity?.provider !== how.provider)
    throw new SlipwayError('Unauthorized', 'This user cannot sign in.', { hint: 'Ask an admin of the tenant.' });
  const ofTenant = await tenantTimes(directory, user.tenant);
  const absoluteMs = Math.min(ofTenant.absoluteMs, await providerMs(directory, user.tenant, found, clock.now()));
  const times = { idleMs: Math.min(ofTenant.idleMs, absoluteMs), absoluteMs };
  return sessions.create({ user: { ...user, uid: found.metadata.uid }, how, from, times });
}

async function tenantTimes(directory: Directory, name: string): Promise<SessionTimes> {
  const tenant = (await directory.find('Tenant', SYSTEM_TENANT, name)) as ApiObject<TenantSpec> | undefined;
  const { sessionIdleMinutes, sessionHours } = signInOf(tenant?.spec);
  return { idleMs: minutes(sessionIdleMinutes), absoluteMs: minutes(60 * sessionHours) };
}

/** A provider is asked again after its own time, counted from its last word and not from this session. */
async function providerMs(directory: Directory, tenant: string, user: ApiObject<UserSpec, UserStatus>, now: number): Promise<number> {
  const provider = await standingProvider(directory, tenant, user);
  if (provider === undefined) return Infinity;
  return Math.max(0, Date.parse(user.status?.signIn?.at ?? '') + provider.spec.sessionMaxAgeSeconds * 1000 - now);
}
