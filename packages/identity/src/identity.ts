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
} from '@slipway/model';
import type { Database } from '@slipway/store';
import { adoptUsers, createMissing, ensureSystemObjects, FIRST_ADMIN, grantSystemAdmin, waitingUser } from './bootstrap.ts';
import { createAuthorizer } from './authorizer.ts';
import { createDirectory, type Directory, type SubjectRef } from './directory.ts';
import { inCluster } from './in-cluster.ts';
import { AUTHENTICATED_GROUP, serviceAccountName } from './principals.ts';
import { refuseActingAs, refuseOthersKey } from './privileges.ts';
import { createTokens, type IssuedToken, noSuchUser, type TokenClaim, type Tokens } from './tokens.ts';

export interface Identity extends Authenticator {
  readonly authorizer: Authorizer;
  readonly directory: Directory;
  readonly tokens: Tokens;
  /** Makes the tenants and takes over what earlier versions stored; learns of other replicas' writes until the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
  issueToken(user: { name: string; tenant?: string }, options?: { description?: string; ttlMs?: number }): Promise<IssuedToken>;
  /** Ends one token, at once in this process and within `cacheMs` in other replicas. */
  revoke(id: string): Promise<void>;
  /** A new secret for an API key, ending the one before: only by its owner, or by somebody who holds all that the key's service account does. */
  keyToken(principal: Principal, tenant: string, key: ApiObject<ApiKeySpec, ApiKeyStatus>): Promise<IssuedToken>;
  /** Who a principal is inside a cluster: names below Slipway's own prefix, and one group per Kubernetes right that a role gives on this cluster. */
  inCluster(principal: Principal, cluster: ApiObject): Promise<{ name: string; groups: string[] }>;
  /** Whether the first admin was made. */
  hasAdmin(): Promise<boolean>;
  /** Makes the first admin if there is none, gives it the system role again; ends all its tokens and gives a new one. */
  resetAdmin(): Promise<IssuedToken>;
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

  const principalOf = async (claim: TokenClaim): Promise<Principal | undefined> => {
    const { subject } = claim;
    if (!(await isActive(directory, subject))) return undefined;
    const key = claim.apiKey === undefined ? undefined : await directory.find('ApiKey', subject.tenant, claim.apiKey.name);
    if (claim.apiKey !== undefined && !keyWorks(key, claim.apiKey.uid, clock.now())) return undefined;
    const access = await directory.access(subject.tenant);
    const teams = subject.kind === 'User' ? (access.teams.get(subject.name) ?? []) : [];
    const scope = (key?.spec as ApiKeySpec | undefined)?.scope;
    return {
      name: subject.project === undefined ? subject.name : serviceAccountName(subject.project, subject.name),
      groups: [AUTHENTICATED_GROUP, ...teams.map((team) => `team:${team}`)],
      tenant: subject.tenant,
      home: subject.tenant,
      credential: claim.id,
      ...(scope === undefined ? {} : { restriction: scope }),
    };
  };
  const noteUse = async (claim: TokenClaim): Promise<void> => {
    if (!(await tokens.touch(claim.id)) || claim.apiKey === undefined) return;
    const { tenant } = claim.subject;
    const key = (await store.get({ tenant, kind: 'ApiKey', name: claim.apiKey.name })) as ApiObject<ApiKeySpec, ApiKeyStatus> | undefined;
    if (key?.metadata.uid !== claim.apiKey.uid) return;
    const lastUsed = new Date(clock.now()).toISOString();
    await store.updateStatus({ ...key, status: { ...key.status, tokenId: claim.id, lastUsed } }, { tenant });
  };

  const authorizer = createAuthorizer({
    directory,
    store,
    prepareTenant: options.prepareTenant,
    async stillValid(principal) {
      const claim = claims.get(principal.credential ?? '');
      if (claim === undefined || !(await tokens.stands(claim.id))) return false;
      const now = await principalOf(claim);
      return now !== undefined && JSON.stringify(now.restriction) === JSON.stringify(principal.restriction);
    },
  });
  // What the credentials in use prove; bounded by forgetting the oldest, whose lasting uses then end.
  const claims = new Map<string, TokenClaim>();
  const remember = (claim: TokenClaim) => {
    claims.delete(claim.id);
    claims.set(claim.id, claim);
    const oldest = claims.size > 50_000 ? claims.keys().next().value : undefined;
    if (oldest !== undefined) claims.delete(oldest);
  };

  return {
    authorizer,
    directory,
    tokens,
    async start(signal) {
      await ensureSystemObjects(store);
      await adoptUsers({ store, database, logger });
      directory.start(signal);
    },
    async authenticate(header) {
      const claim = await tokens.claim(header);
      const principal = claim === undefined ? undefined : await principalOf(claim);
      if (claim === undefined || principal === undefined) return undefined;
      remember(claim);
      noteUse(claim).catch((error: unknown) =>
        logger.debug({ error: messageOf(error), token: claim.id }, 'the use of a token was not noted'),
      );
      return principal;
    },
    async issueToken({ name, tenant = DEFAULT_TENANT }, { description = '', ttlMs } = {}) {
      if ((await store.get({ tenant, kind: 'User', name })) === undefined) throw noSuchUser(name);
      return tokens.issue({ subject: { kind: 'User', tenant, name }, description, ttlMs });
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
      if ((await store.get(subject)) === undefined) throw noSuchUser(owner.name);
      const { name, uid } = key.metadata;
      await tokens.revoke({ tenant, apiKey: name });
      const ttlMs = expiresAt === undefined ? undefined : Date.parse(expiresAt) - clock.now();
      const issued = await tokens.issue({ subject, description: key.spec.description, ttlMs, apiKey: { name, uid } });
      await store.updateStatus({ ...key, metadata: { ...key.metadata, resourceVersion: '' }, status: { tokenId: issued.id } }, { tenant });
      return issued;
    },
    inCluster: (principal, cluster) => inCluster(authorizer, principal, cluster),
    hasAdmin: async () =>
      (await store.get({ tenant: DEFAULT_TENANT, kind: 'User', name: FIRST_ADMIN })) !== undefined ||
      (await waitingUser(database, FIRST_ADMIN)),
    async resetAdmin() {
      await ensureSystemObjects(store);
      await adoptUsers({ store, database, logger });
      await createMissing(store, DEFAULT_TENANT, { kind: 'User', metadata: { name: FIRST_ADMIN }, spec: { displayName: 'First admin' } });
      await enable(store);
      await grantSystemAdmin(store, FIRST_ADMIN);
      for (const kind of ['User', 'RoleBinding']) for (const tenant of [DEFAULT_TENANT, SYSTEM_TENANT]) directory.changed(kind, tenant);
      await tokens.revoke({ subject: { kind: 'User', tenant: DEFAULT_TENANT, name: FIRST_ADMIN } });
      return tokens.issue({ subject: { kind: 'User', tenant: DEFAULT_TENANT, name: FIRST_ADMIN }, description: 'first admin' });
    },
  };
}

/** Users and accounts that are there, not disabled, of a tenant that is there and not suspended. */
async function isActive(directory: Directory, subject: SubjectRef): Promise<boolean> {
  const tenant = await directory.find('Tenant', SYSTEM_TENANT, subject.tenant);
  if (tenant === undefined || tenant.spec.suspended || tenant.metadata.deletionTimestamp !== undefined) return false;
  const owner = await directory.find(subject.kind, subject.tenant, subject.name, subject.project);
  return owner !== undefined && !owner.spec.disabled && owner.metadata.deletionTimestamp === undefined;
}

function keyWorks(key: ApiObject<ApiKeySpec> | undefined, uid: string, now: number): boolean {
  if (key === undefined || key.metadata.uid !== uid || key.spec.disabled || key.metadata.deletionTimestamp !== undefined) return false;
  return key.spec.expiresAt === undefined || Date.parse(key.spec.expiresAt) > now;
}

async function enable(store: ObjectStore): Promise<void> {
  const user = (await store.get({ tenant: DEFAULT_TENANT, kind: 'User', name: FIRST_ADMIN })) as
    | ApiObject<{ disabled: boolean }>
    | undefined;
  if (user === undefined) throw new SlipwayError('Internal', 'The first admin was removed while it was made.');
  if (user.spec.disabled) await store.update({ ...user, spec: { ...user.spec, disabled: false } }, { tenant: DEFAULT_TENANT });
}
