import type { IncomingHttpHeaders } from 'node:http';
import { type Clock, minutes, randomSecret, seconds, sha256Hex, SlipwayError, withDeadline } from '@slipway/kit';
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
  /** Binds a new credential to whoever the one in the headers stands for, and lets that one run out. */
  rotate(headers: IncomingHttpHeaders, next: string): Promise<void>;
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
    rotate: async (headers, next) => {
      const result = await deps.store.rotateCredential({
        credentialHash: hashIn(headers) ?? '',
        nextHash: sha256Hex(next),
        now: deps.clock.now(),
        overlapMs: OVERLAP_MS,
      });
      if (result === 'unknown') throw refused();
      if (result === 'taken') throw new SlipwayError('Conflict', 'This credential cannot be used: make another one.', { retryable: false });
    },
    authenticate: async (headers) => {
      const hash = hashIn(headers);
      const found = hash === undefined ? Promise.resolve(undefined) : deps.store.credentialSubject(hash, deps.clock.now());
      const subject = await withDeadline(LOOKUP_MS, 'which agent this is', found);
      if (subject) return subject;
      throw refused();
    },
  };
}

/** A replaced credential works for so long, for requests on their way and for an agent that crashed before it kept the new one. */
export const OVERLAP_MS = minutes(60);

/** The agent comes again. */
const LOOKUP_MS = seconds(20);

function hashIn(headers: IncomingHttpHeaders): string | undefined {
  const given = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  return given?.startsWith(AGENT_CREDENTIAL_PREFIX) ? sha256Hex(given) : undefined;
}

const refused = () => new SlipwayError('Unauthorized', 'The agent credential is missing, unknown or revoked.');

const JOIN_REFUSED = {
  unknown: 'The join token is unknown or expired. Ask for a new one.',
  expired: 'The join token is unknown or expired. Ask for a new one.',
  used: 'The join token was used already by another agent. Ask for a new one.',
} as const;
