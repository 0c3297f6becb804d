import { type Logger, messageOf } from '@slipway/kit';
import type { Directory } from '../directory.ts';
import type { Sessions } from './sessions.ts';

/**
 * Ends the sessions of users that are disabled or gone, for good: without it they would only rest, and stand again when the user is enabled. Every replica does it,
 * and once when it starts, for what changed while none ran; ending what has ended changes nothing.
 */
export function endSessionsWithUsers(deps: { directory: Directory; sessions: Sessions; logger: Logger }, signal: AbortSignal): void {
  const { directory, sessions, logger } = deps;
  const look = (tenant?: string): void => {
    sessions.revokeOfGoneUsers(tenant).then(
      (ended) => ended.length > 0 && logger.info({ tenant, sessions: ended.length }, 'sessions ended with their users'),
      (error: unknown) => !signal.aborted && logger.warn({ tenant, error: messageOf(error) }, 'sessions of users were not ended'),
    );
  };
  look();
  const off = directory.onChange((tenant, kind) => {
    if (kind === undefined) look();
    else if (kind === 'User') look(tenant);
  });
  signal.addEventListener('abort', off, { once: true });
}
