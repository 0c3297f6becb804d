import { type Logger, messageOf, randomSecret, sha256Hex, SlipwayError } from '@slipway/kit';
import { AGENT_CREDENTIAL_PREFIX, joinResponseSchema } from '../protocol.ts';
import type { AgentIdentity, CredentialStore } from './credential-store.ts';
import { type HubClient, refusalOf } from './hub-client.ts';

export interface JoinDeps {
  readonly client: HubClient;
  readonly credentials: CredentialStore;
  /** The token to join with now, if there is one: read again at every try, since it may be replaced. */
  readonly joinToken: () => Promise<string | undefined>;
  readonly version: string;
  readonly logger: Logger;
}

export type JoinedIdentity = NonNullable<AgentIdentity['joined']>;

/**
 * One try to exchange a join token for a credential. The credential is made here and saved before it is proposed, so a lost answer, a kill or a
 * full disk at any moment leaves something that works on the next try.
 *
 * @param before what the agent is joined as, when the hub refuses that credential; then only a token that was not used for it is tried.
 */
export async function joinOnce(deps: JoinDeps, before: JoinedIdentity | undefined, signal: AbortSignal): Promise<JoinedIdentity> {
  const token = (await deps.joinToken())?.trim();
  if (!token)
    throw new SlipwayError('Unavailable', 'This agent has no join token.', { hint: 'Give it one from: slipway gateway join-token' });
  const tokenHash = sha256Hex(token);
  if (before?.tokenHash === tokenHash) {
    throw new SlipwayError('Unauthorized', 'The hub refuses this agent’s credential, and its join token was used for it already.');
  }
  const saved = await deps.credentials.load();
  const known = saved?.proposed?.tokenHash === tokenHash ? saved.proposed : undefined;
  const proposed = known ?? { credential: `${AGENT_CREDENTIAL_PREFIX}${randomSecret(32)}`, tokenHash };
  if (!known) await deps.credentials.save({ ...saved, ...(before === undefined ? {} : { joined: before }), proposed });
  const answer = await deps.client.send('/join', {
    method: 'POST',
    json: { token, agentVersion: deps.version, credential: proposed.credential },
    maxBytes: 64 * 1024,
    signal,
  });
  if (answer.status !== 200)
    throw new SlipwayError(answer.status === 401 ? 'Unauthorized' : 'Unavailable', `The join was refused: ${refusalOf(answer)}`);
  const { subject, planKey } = parseAnswer(answer.body);
  // A token for another cluster must not turn this agent, with what it has installed, into that cluster's agent.
  if (before !== undefined && before.subject.uid !== subject.uid) {
    throw new SlipwayError(
      'Conflict',
      `The join token is for ${subject.kind} ${subject.name} (${subject.uid}), but this agent belongs to ${before.subject.uid}.`,
    );
  }
  const joined = { ...proposed, subject, planKey, since: Date.now() };
  await deps.credentials.save({ joined });
  deps.logger.info({ subject: subject.uid, kind: subject.kind }, 'joined the hub');
  return joined;
}

function parseAnswer(body: Buffer): Pick<JoinedIdentity, 'subject' | 'planKey'> {
  try {
    return joinResponseSchema.parse(JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw new SlipwayError('Unavailable', `The hub's answer to the join cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
