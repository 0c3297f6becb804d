import { type Clock, type Logger, messageOf } from '@slipway/kit';
import type { ApiKeySpec, ApiKeyStatus, ApiObject, ObjectStore, Principal, RequestHead } from '@slipway/model';
import { activeSubject } from './active.ts';
import type { Directory } from './directory.ts';
import { AUTHENTICATED_GROUP, serviceAccountName } from './principals.ts';
import { refuseForgery, sessionTokenIn } from './sessions/cookie.ts';
import type { SessionClaim, Sessions } from './sessions/sessions.ts';
import { teamsOf } from './standing.ts';
import type { TokenClaim, Tokens } from './tokens.ts';

/** What a credential proves: a token's or a session's. */
type Claim = { readonly token: TokenClaim } | { readonly session: SessionClaim };

const idOf = (claim: Claim): string => ('token' in claim ? claim.token.id : claim.session.id);

export interface Authentication {
  authenticate(request: RequestHead): Promise<Principal | undefined>;
  /** Whom the credential of a principal proves by now, at home; undefined when it proves nobody any more. Asks the database. */
  again(principal: Principal): Promise<Principal | undefined>;
}

/** Who sends a request, by the credential it brings. */
export function createAuthentication(deps: {
  tokens: Tokens;
  sessions: Sessions;
  directory: Directory;
  store: ObjectStore;
  clock: Clock;
  logger: Logger;
}): Authentication {
  const { tokens, sessions, directory, store, clock, logger } = deps;
  // What the credentials in use prove; bounded by forgetting the oldest, whose lasting uses then end.
  const claims = new Map<string, Claim>();
  const remember = (claim: Claim) => {
    claims.delete(idOf(claim));
    claims.set(idOf(claim), claim);
    const oldest = claims.size > 50_000 ? claims.keys().next().value : undefined;
    if (oldest !== undefined) claims.delete(oldest);
  };

  /** A cookie beside an `Authorization` header is not looked at: the header says what the client means. */
  const claimOf = async (request: RequestHead): Promise<Claim | undefined> => {
    const { authorization } = request.headers;
    if (authorization === undefined) return sessionClaim(request, sessionTokenIn(request.headers));
    const bearer = /^bearer (sws_\S+)$/i.exec(String(authorization))?.[1];
    if (bearer !== undefined) return bearerSession(bearer);
    const token = await tokens.claim(String(authorization));
    return token === undefined ? undefined : { token };
  };
  const bearerSession = async (token: string): Promise<Claim | undefined> => {
    const session = await sessions.authenticate(token);
    return session === undefined ? undefined : { session };
  };
  const sessionClaim = async (request: RequestHead, token: string | undefined): Promise<Claim | undefined> => {
    const claim = token === undefined ? undefined : await bearerSession(token);
    if (claim !== undefined && token !== undefined) refuseForgery(request, token);
    return claim;
  };

  const noteUse = async (claim: Claim): Promise<void> => {
    if ('session' in claim) return sessions.touch(claim.session.id);
    const { id, apiKey, subject } = claim.token;
    if (!(await tokens.touch(id)) || apiKey === undefined) return;
    const { tenant } = subject;
    const key = (await store.get({ tenant, kind: 'ApiKey', name: apiKey.name })) as ApiObject<ApiKeySpec, ApiKeyStatus> | undefined;
    if (key?.metadata.uid !== apiKey.uid) return;
    const lastUsed = new Date(clock.now()).toISOString();
    await store.updateStatus({ ...key, status: { ...key.status, tokenId: id, lastUsed } }, { tenant });
  };

  return {
    async authenticate(request) {
      const claim = await claimOf(request);
      const principal = claim === undefined ? undefined : await principalOf(directory, clock, claim);
      if (claim === undefined || principal === undefined) return undefined;
      remember(claim);
      noteUse(claim).catch((error: unknown) =>
        logger.debug({ error: messageOf(error), credential: idOf(claim) }, 'the use of a credential was not noted'),
      );
      return principal;
    },
    async again({ credential = '' }) {
      const claim = claims.get(credential);
      if (claim === undefined || !(await ('session' in claim ? sessions : tokens).stands(idOf(claim)))) return undefined;
      return principalOf(directory, clock, claim);
    },
  };
}

function principalOf(directory: Directory, clock: Clock, claim: Claim): Promise<Principal | undefined> {
  return 'token' in claim ? ofToken(directory, clock, claim.token) : ofSession(directory, clock, claim.session);
}

async function ofSession(
  directory: Directory,
  clock: Clock,
  { id, user, provider, details }: SessionClaim,
): Promise<Principal | undefined> {
  const found = await activeSubject(directory, { kind: 'User', tenant: user.tenant, name: user.name }, clock.now());
  if (found?.metadata.uid !== user.uid || found.spec.identity?.provider !== provider) return undefined;
  // Vouched for by this very provider: one that was made anew under its name has vouched for nobody.
  if (provider !== undefined && details?.['providerUid'] !== found.status?.signIn?.providerUid) return undefined;
  return { ...(await person(directory, user.tenant, user.name)), credential: id, auth: { kind: 'session', id } };
}

async function ofToken(directory: Directory, clock: Clock, claim: TokenClaim): Promise<Principal | undefined> {
  const { subject, id, apiKey } = claim;
  const found = await activeSubject(directory, subject, clock.now());
  // Tokens of earlier versions name no uid.
  if (found === undefined || (claim.ownerUid !== undefined && found.metadata.uid !== claim.ownerUid)) return undefined;
  const key = apiKey === undefined ? undefined : await directory.find('ApiKey', subject.tenant, apiKey.name);
  if (apiKey !== undefined && !keyWorks(key, apiKey.uid, clock.now())) return undefined;
  const scope = (key?.spec as ApiKeySpec | undefined)?.scope;
  const who =
    subject.project === undefined
      ? await person(directory, subject.tenant, subject.name)
      : {
          name: serviceAccountName(subject.project, subject.name),
          groups: [AUTHENTICATED_GROUP],
          tenant: subject.tenant,
          home: subject.tenant,
        };
  const auth = { kind: apiKey === undefined ? 'token' : 'apikey', id } as const;
  return { ...who, credential: id, auth, ...(scope === undefined ? {} : { restriction: scope }) };
}

async function person(directory: Directory, tenant: string, name: string): Promise<Principal> {
  const teams = await teamsOf(directory, { kind: 'User', tenant, name });
  return { name, groups: [AUTHENTICATED_GROUP, ...teams.map((team) => `team:${team}`)], tenant, home: tenant };
}

function keyWorks(key: ApiObject<ApiKeySpec> | undefined, uid: string, now: number): boolean {
  if (key === undefined || key.metadata.uid !== uid || key.spec.disabled || key.metadata.deletionTimestamp !== undefined) return false;
  return key.spec.expiresAt === undefined || Date.parse(key.spec.expiresAt) > now;
}
