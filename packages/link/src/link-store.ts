import type { SignedPlan } from '@slipway/model';
import type { LinkSubject } from './ports.ts';

export interface StoredPlan {
  readonly revision: number;
  readonly signed: SignedPlan;
}

export interface PublishInput {
  readonly uid: string;
  /** sha256 of the plan without its revision: equal content is not published twice. */
  readonly contentHash: string;
  /** Called inside the transaction with the revision this content gets. Must be quick and touch nothing outside. */
  readonly sign: (revision: number) => SignedPlan;
}

export interface JoinTokenRecord {
  /** hex sha256 of the token. */
  readonly hash: string;
  readonly subject: LinkSubject;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export type Redeemed = { readonly result: 'ok'; readonly subject: LinkSubject } | { readonly result: 'unknown' | 'expired' | 'used' };

export interface AgentSeen {
  readonly uid: string;
  /** Milliseconds since the epoch. */
  readonly lastSeen: number;
  readonly agentVersion: string;
  readonly planRevision: number;
}

/** What the link keeps in SQL. Secrets come in as hashes only. `packages/store` implements it. */
export interface LinkStore {
  /** One transaction: equal content → what is there, `changed: false`; otherwise the next revision (above every earlier one and above the floor), signed and stored. */
  publishPlan(input: PublishInput): Promise<StoredPlan & { changed: boolean }>;
  latestPlan(uid: string): Promise<StoredPlan | undefined>;
  /** The agent holds a revision the hub does not know (the hub was restored from an older backup): the next publication goes above it. */
  raiseRevisionFloor(uid: string, revision: number): Promise<void>;
  putFacts(uid: string, body: string, at: number): Promise<void>;
  facts(uid: string): Promise<{ body: string; at: number } | undefined>;
  addJoinToken(record: JoinTokenRecord): Promise<void>;
  /**
   * One transaction: a fresh token is bound to the credential, which replaces every earlier credential of that uid; the same pair again is `ok` until
   * the token expires; the token with another credential is `used`.
   */
  redeemJoinToken(input: { tokenHash: string; credentialHash: string; now: number }): Promise<Redeemed>;
  /** Whom a credential stands for, unless it was replaced longer ago than its overlap. */
  credentialSubject(credentialHash: string, now: number): Promise<LinkSubject | undefined>;
  /**
   * One transaction: the new credential is bound to the subject of the given one, whose time ends `overlapMs` from now. The same again is `ok` and prolongs nothing. `unknown` when the given one
   * no longer works; `taken` when the new one stands for somebody else or was replaced itself.
   */
  rotateCredential(input: {
    credentialHash: string;
    nextHash: string;
    now: number;
    overlapMs: number;
  }): Promise<'ok' | 'unknown' | 'taken'>;
  revokeCredentials(uid: string): Promise<void>;
  putSeen(agents: readonly AgentSeen[]): Promise<void>;
  allSeen(): Promise<AgentSeen[]>;
  /** Plans, facts, tokens, credentials and liveness of a uid. */
  forget(uid: string): Promise<void>;
  /** Removes tokens that expired before `now`. */
  removeExpired(now: number): Promise<void>;
}
