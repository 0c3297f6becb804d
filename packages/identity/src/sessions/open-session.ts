import { minutes, SlipwayError } from '@slipway/kit';
import type { ApiObject, UserSpec } from '@slipway/model';
import { activeSubject } from '../active.ts';
import type { Directory } from '../directory.ts';
import type { NewSession, Sessions, SessionTimes, SignInMethod, SignInSource } from './sessions.ts';

/** Unless the tenant says otherwise. */
export const SESSION_TIMES: SessionTimes = { idleMs: minutes(8 * 60), absoluteMs: minutes(24 * 60) };

/**
 * Opens a session for a user who has proven who they are, in whatever way: the one door for every way of signing in. Refused when the user is disabled or gone, or
 * the tenant is suspended, in the same words for each.
 */
export async function openSession(
  deps: { sessions: Sessions; directory: Directory },
  user: { readonly tenant: string; readonly name: string },
  how: SignInMethod,
  from: SignInSource,
): Promise<NewSession> {
  const found = (await activeSubject(deps.directory, { kind: 'User', ...user })) as ApiObject<UserSpec> | undefined;
  if (found === undefined) throw new SlipwayError('Unauthorized', 'This user cannot sign in.', { hint: 'Ask an admin of the tenant.' });
  return deps.sessions.create({ user: { ...user, uid: found.metadata.uid }, how, from, times: SESSION_TIMES });
}
