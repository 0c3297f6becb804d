import { type Clock, type Logger, messageOf, silentLogger, SlipwayError, systemClock } from '@slipway/kit';
import {
  type ApiKeySpec,
  type ApiKeyStatus,
  type ApiObject,
  type Authenticator,
  type Authorizer,
  DEFAULT_TENANT,
  type ObjectStore,
  type Principal,
  SYSTEM_TENANT,
  type UserSpec,
} from '@slipway/model';
import type { Database } from '@slipway/store';
import { type Accounts, createAccounts } from './accounts.ts';
import { adoptUsers, createMissing, ensureSystemObjects, FIRST_ADMIN, grantSystemAdmin, waitingUser } from './bootstrap.ts';
import { createAuthentication } from './authentication.ts';
import { createAuthorizer } from './authorizer.ts';
import { createDirectory, type Directory, type SubjectRef } from './directory.ts';
import { inCluster } from './in-cluster.ts';
import { endSessionsOfProviders } from './oidc/end-sessions.ts';
import { refuseActingAs, refuseOthersKey } from './privileges.ts';
import { endSessionsWithUsers } from './sessions/end-with-user.ts';
import { openSession } from './sessions/open-session.ts';
import { createSessions, type NewSession, type Sessions, type SignInMethod, type SignInSource } from './sessions/sessions.ts';
import { createTokens, type IssuedToken, noSuchUser, type Tokens } from './tokens.ts';

export interface Identity extends Authenticator {
  readonly authorizer: Authorizer;
  readonly directory: Directory;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  /** Passwords, invitations. */
  readonly accounts: Accounts;
  /** Opens a session for a user who has proven who they are, in whatever way. `Unauthorized` when the user is disabled or gone, or the tenant suspended. */
  openSession(user: { tenant: string; name: string }, how: SignInMethod, from: SignInSource): Promise<NewSession>;
  /** Makes the tenants and takes over what earlier versions stored; learns of other replicas' writes until the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
  issueToken(user: { name: string; tenant?: string }, options?: { description?: string; ttlMs?: number }): Promise<IssuedToken>;
  /** Ends one token, at once in this process and within `cacheMs` in other replicas. */
  revoke(id: string): Promise<void>;
  /** A new secret for an API key, ending the one before: only by its owner, or by somebody who holds all that the key's service account does. */
  keyToken(principal: Principal, tenant: string, key: ApiObject<ApiKeySpec, ApiKeyStatus>): Promise<IssuedToken>;
  /** A token of a service account that ends by itself: only by somebody who holds all that the account does. */
  serviceAccountToken(principal: Principal, account: Account, ttlMs: number): Promise<IssuedToken & { readonly expiresAt: number }>;
  /** Who a principal is inside a cluster: names below Slipway's own prefix, and one group per Kubernetes right that a role gives on this cluster. */
  inCluster(principal: Principal, cluster: ApiObject): Promise<{ name: string; groups: string[] }>;
  /** Whether the first admin was made. */
  hasAdmin(): Promise<boolean>;
  /** Makes the first admin if there is none, gives it the system role again; ends all its tokens and gives a new one. */
  resetAdmin(): Promise<IssuedToken>;
}

/** A service account, by name and uid. */
export interface Account {
  readonly tenant: string;
  readonly project: string;
  readonly name: string;
  readonly uid: string;
}

export interface IdentityOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** How long a checked token is believed without asking the database. Default 2 s. */
  readonly cacheMs?: number;
  /** How often other replicas' writes are asked for. Default 1 s. */
  readonly pollMs?: number;
  /** Makes what a new tenant starts with. */
  readonly prepareTenant?: (tenant: string) => Promise<void>;
}

export function createIdentity(options: IdentityOptions): Identity {
  const { database, store } = options;
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  const tokens = createTokens({ database, clock, cacheMs: options.cacheMs ?? 2000 });
  const directory = createDirectory({ store, database, ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }) });

  const sessions = createSessions({ database, clock, cacheMs: options.cacheMs ?? 2000 });
  const authentication = createAuthentication({ tokens, sessions, directory, store, clock, logger });
  const authorizer = createAuthorizer({ directory, store, prepareTenant: options.prepareTenant, again: authentication.again });
  const accounts = createAccounts({ database, clock, sessions, directory, authorizer });

  return {
    authorizer,
    directory,
    tokens,
    sessions,
    accounts,
    authenticate: authentication.authenticate,
    openSession: (user, how, from) => openSession({ sessions, directory, clock }, user, how, from),
    async start(signal) {
      await ensureSystemObjects(store);
      await adoptUsers({ store, database, logger });
      directory.start(signal);
      startPruning([sessions, accounts, tokens], logger, signal);
      endSessionsWithUsers({ directory, sessions, logger }, signal);
      endSessionsOfProviders({ directory, sessions, logger }, signal);
    },
    async issueToken({ name, tenant = DEFAULT_TENANT }, { description = '', ttlMs } = {}) {
      const user = await store.get({ tenant, kind: 'User', name });
      if (user === undefined) throw noSuchUser(name);
      return tokens.issue({ subject: { kind: 'User', tenant, name }, ownerUid: user.metadata.uid, description, ttlMs });
    },
    async revoke(id) {
      await tokens.revoke({ id });
    },
    async keyToken(principal, tenant, key) {
      const { owner, expiresAt } = key.spec;
      const subject: SubjectRef =
        owner.kind === 'User'
          ? { kind: 'User', tenant, name: owner.name }
          : { kind: 'ServiceAccount', tenant, name: owner.name, project: owner.project };
      if (owner.kind === 'User') refuseOthersKey(principal, subject);
      else await refuseActingAs({ directory, authorizer, principal }, subject);
      const ownerUid = (await store.get(subject))?.metadata.uid;
      if (ownerUid === undefined) throw noSuchUser(owner.name);
      const { name, uid } = key.metadata;
      await tokens.revoke({ tenant, apiKey: name });
      const ttlMs = expiresAt === undefined ? undefined : Date.parse(expiresAt) - clock.now();
      const issued = await tokens.issue({ subject, ownerUid, description: key.spec.description, ttlMs, apiKey: { name, uid } });
      await store.updateStatus({ ...key, metadata: { ...key.metadata, resourceVersion: '' }, status: { tokenId: issued.id } }, { tenant });
      return issued;
    },
    async serviceAccountToken(principal, { tenant, project, name, uid }, ttlMs) {
      const subject: SubjectRef = { kind: 'ServiceAccount', tenant, name, project };
      await refuseActingAs({ directory, authorizer, principal }, subject);
      const expiresAt = clock.now() + ttlMs;
      return { ...(await tokens.issue({ subject, ownerUid: uid, description: 'token request', ttlMs })), expiresAt };
    },
    inCluster: (principal, cluster) => inCluster(authorizer, principal, cluster),
    hasAdmin: async () =>
      (await store.get({ tenant: DEFAULT_TENANT, kind: 'User', name: FIRST_ADMIN })) !== undefined ||
      (await waitingUser(database, FIRST_ADMIN)),
    async resetAdmin() {
      await ensureSystemObjects(store);
      await adoptUsers({ store, database, logger });
      await createMissing(store, DEFAULT_TENANT, { kind: 'User', metadata: { name: FIRST_ADMIN }, spec: { displayName: 'First admin' } });
      const ownerUid = await enable(store);
      await grantSystemAdmin(store, FIRST_ADMIN);
      for (const kind of ['User', 'RoleBinding']) for (const tenant of [DEFAULT_TENANT, SYSTEM_TENANT]) directory.changed(kind, tenant);
      await tokens.revoke({ subject: { kind: 'User', tenant: DEFAULT_TENANT, name: FIRST_ADMIN } });
      return tokens.issue({ subject: { kind: 'User', tenant: DEFAULT_TENANT, name: FIRST_ADMIN }, ownerUid, description: 'first admin' });
    },
  };
}

/** Forgets what ended long ago, every hour. */
function startPruning(parts: readonly { prune(): Promise<void> }[], logger: Logger, signal: AbortSignal): void {
  const prune = () => {
    Promise.all(parts.map((part) => part.prune())).catch((error: unknown) => {
      if (!signal.aborted) logger.warn({ error: messageOf(error) }, 'what ended long ago was not cleared away');
    });
  };
  const timer = setInterval(prune, 3_600_000);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/** Neither disabled nor of a provider any more; gives the uid. */
async function enable(store: ObjectStore): Promise<string> {
  const user = (await store.get({ tenant: DEFAULT_TENANT, kind: 'User', name: FIRST_ADMIN })) as ApiObject<UserSpec> | undefined;
  if (user === undefined) throw new SlipwayError('Internal', 'The first admin was removed while it was made.');
  // Whoever has the host must get in when the identity provider is what does not work.
  const { identity, ...spec } = user.spec;
  if (spec.disabled || identity !== undefined)
    await store.update({ ...user, spec: { ...spec, disabled: false } }, { tenant: DEFAULT_TENANT });
  return user.metadata.uid;
}
