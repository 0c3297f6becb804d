import type { IncomingHttpHeaders } from 'node:http';
import { type Clock, randomSecret, sha256Hex, SlipwayError } from '@slipway/kit';
import type { LinkStore } from '../link-store.ts';
import type { PlanKey } from '../plan-signing.ts';
import type { JoinTokens, LinkSubject } from '../ports.ts';
import { AGENT_CREDENTIAL_PREFIX, JOIN_TOKEN_PREFIX, type JoinRequest, type JoinResponse } from '../protocol.ts';

export interface CredentialDeps {
  readonly store: LinkStore;
  readonly clock: Clock;
  readonly planKey: PlanKey;
}

/** Join tokens and the credentials agents get for them. Both are kept as hashes only. */
export interface Credentials extends JoinTokens {
  /** Like `issue`, with the moment it stops working. */
  issueUntil(subject: LinkSubject, ttlMs: number): Promise<{ token: string; expiresAt: number }>;
  join(request: JoinRequest): Promise<JoinResponse>;
  /** Who sent this, or `Unauthorized`. */
  authenticate(headers: IncomingHttpHeaders): Promise<LinkSubject>;
}

export function createCredentials(deps: CredentialDeps): Credentials {
  const issueUntil = async (subject: LinkSubject, ttlMs: number) => {
    const token = `${JOIN_TOKEN_PREFIX}${randomSecret(32)}`;
    const expiresAt = deps.clock.now() + ttlMs;
    await deps.store.removeExpired(deps.clock.now());
    await deps.store.addJoinToken({ hash: sha256Hex(token), subject, expiresAt });
    return { token, expiresAt };
  };
  return {
    issueUntil,
    issue: async (subject, ttlMs) => (await issueUntil(subject, ttlMs)).token,
    join: async (request) => {
      const redeemed = await deps.store.redeemJoinToken({
        tokenHash: sha256Hex(request.token),
        credentialHash: sha256Hex(request.credential),
        now: deps.clock.now(),
      });
      // One sentence for "never existed" and "expired and was cleaned up": the hub cannot tell them apart, and need not tell a guesser.
      if (redeemed.result !== 'ok') throw new SlipwayError('Unauthorized', JOIN_REFUSED[redeemed.result]);
      const { kind, uid, name, project } = redeemed.subject;
      return { subject: { kind, uid, name, ...(project === undefined ? {} : { project }) }, planKey: { ...deps.planKey } };
    },
    authenticate: async (headers) => {
      const given = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
      if (given?.startsWith(AGENT_CREDENTIAL_PREFIX)) {
        const subject = await deps.store.credentialSubject(sha256Hex(given));
        if (subject) return subject;
      }
      throw new SlipwayError('Unauthorized', 'The agent credential is missing, unknown or revoked.');
    },
  };
}

const JOIN_REFUSED = {
  unknown: 'The join token is unknown or expired. Ask for a new one.',
  expired: 'The join token is unknown or expired. Ask for a new one.',
  used: 'The join token was used already by another agent. Ask for a new one.',
} as const;
