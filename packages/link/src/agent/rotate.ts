import { type Logger, randomSecret, SlipwayError } from '@slipway/kit';
import { AGENT_CREDENTIAL_PREFIX, LINK_LIMITS } from '../protocol.ts';
import type { CredentialStore } from './credential-store.ts';
import { type HubClient, refusalOf } from './hub-client.ts';
import type { JoinedIdentity } from './join.ts';

export interface RotateDeps {
  readonly client: HubClient;
  readonly credentials: CredentialStore;
  readonly logger: Logger;
}

/** As many weeks may a restored backup be old. */
const KEPT = 4;

/** After a hub that was restored from a backup refuses the credential: the newest earlier one that it knows, which is then replaced soon. */
export async function fallBack(deps: RotateDeps, joined: JoinedIdentity, signal: AbortSignal): Promise<JoinedIdentity | undefined> {
  for (const credential of joined.previous ?? []) {
    const answer = await deps.client.send('/plan', { credential, maxBytes: LINK_LIMITS.plan, signal });
    if (answer.status === 401) continue;
    const found = {
      ...joined,
      credential,
      since: 0,
      previous: [joined.credential, ...(joined.previous ?? [])].filter((one) => one !== credential),
    };
    await deps.credentials.save({ joined: found });
    deps.logger.warn({ subject: joined.subject.uid }, 'the hub knows an earlier credential only: was it restored?');
    return found;
  }
  return undefined;
}

/**
 * Replaces the agent's credential. The new one is made here and saved before the hub hears of it, so whatever is lost or killed at any moment, one of the two works on the next try: the old
 * one, or, when the hub had taken the new one long ago, that.
 */
export async function rotateOnce(deps: RotateDeps, joined: JoinedIdentity, signal: AbortSignal): Promise<JoinedIdentity> {
  const saved = await deps.credentials.load();
  const next = saved?.next ?? `${AGENT_CREDENTIAL_PREFIX}${randomSecret(32)}`;
  if (saved?.next === undefined) await deps.credentials.save({ ...saved, joined, next });
  const ask = (credential: string) =>
    deps.client.send('/credential', { method: 'POST', credential, json: { credential: next }, maxBytes: 64 * 1024, signal });
  let answer = await ask(joined.credential);
  if (answer.status === 401) answer = await ask(next);
  // Not to be had: the next try makes another one.
  if (answer.status === 409 || answer.status === 422) await deps.credentials.save({ joined });
  if (answer.status !== 204)
    throw new SlipwayError(answer.status === 401 ? 'Unauthorized' : 'Unavailable', `The hub gave no new credential: ${refusalOf(answer)}`);
  const previous = [joined.credential, ...(joined.previous ?? [])].slice(0, KEPT);
  const renewed = { ...joined, credential: next, since: Date.now(), previous };
  await deps.credentials.save({ joined: renewed });
  deps.logger.info({ subject: joined.subject.uid }, 'the credential was replaced');
  return renewed;
}
