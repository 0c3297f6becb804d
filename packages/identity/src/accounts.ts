import { type Clock, minutes, SlipwayError } from '@slipway/kit';
import { type ApiObject, type Principal, signInOf, SYSTEM_TENANT, type TenantSpec, type UserSpec } from '@slipway/model';
import type { Database } from '@slipway/store';
import { activeSubject } from './active.ts';
import type { Directory } from './directory.ts';
import { createInvitations, type InvitationInfo, type NewInvitation } from './invitations/invitations.ts';
import { createAttempts } from './passwords/attempts.ts';
import { createPasswordHasher, type PasswordHasher } from './passwords/hashing.ts';
import { createPasswords, type Credentials, notValid, type RecordWithin } from './passwords/passwords.ts';
import { type PrivilegeDeps, refuseActingAs } from './privileges.ts';
import { openSession } from './sessions/open-session.ts';
import type { NewSession, Sessions, SessionUser, SignInSource } from './sessions/sessions.ts';

/** How long a link works. */
export const LINK_LIFETIME = { default: minutes(72 * 60), least: minutes(5), most: minutes(30 * 24 * 60) } as const;

/** Local accounts: people who sign in with a password that only they know. */
export interface Accounts {
  signIn(credentials: Credentials, from: SignInSource): Promise<NewSession>;
  /** A link for a user to choose a password; the one before stops to work. Only by who holds all that the user may. */
  invite(principal: Principal, user: ApiObject<UserSpec>, ttlMs?: number): Promise<NewInvitation>;
  invitation(user: SessionUser): Promise<InvitationInfo | undefined>;
  withdraw(user: Omit<SessionUser, 'uid'>): Promise<void>;
  /** Sets the password of the user whose link it is, ending their sessions and the link. */
  accept(token: string, password: string, record?: RecordWithin): Promise<SessionUser>;
  /** Changes one's own password, ending one's other sessions. */
  changePassword(
    principal: Principal,
    passwords: { current: string; next: string },
    from: SignInSource,
    record?: RecordWithin,
  ): Promise<void>;
  /** For who has the host: sets anybody's password without asking for another. */
  setPassword(user: Omit<SessionUser, 'uid'>, password: string, record?: RecordWithin): Promise<void>;
  prune(): Promise<void>;
}

export interface AccountsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly directory: Directory;
  readonly authorizer: PrivilegeDeps['authorizer'];
  readonly hasher?: PasswordHasher;
}

export function createAccounts(deps: AccountsDeps): Accounts {
  const { database, clock, sessions, directory, authorizer } = deps;
  const attempts = createAttempts({ database, clock });
  const invitations = createInvitations({ database, clock });
  const minLength = async (tenant: string): Promise<number> => {
    const found = (await directory.find('Tenant', SYSTEM_TENANT, tenant)) as ApiObject<TenantSpec> | undefined;
    return signInOf(found?.spec).passwordMinLength;
  };
  const passwords = createPasswords({ database, clock, hasher: deps.hasher ?? createPasswordHasher(), attempts, sessions, minLength });
  const active = (user: Omit<SessionUser, 'uid'>): Promise<ApiObject<UserSpec> | undefined> =>
    activeSubject(directory, { kind: 'User', tenant: user.tenant, name: user.name }, clock.now());

  return {
    async signIn(credentials, from) {
      const { uid, done, wrong } = await passwords.verify(credentials, from);
      const { tenant, name } = credentials;
      const user = await active({ tenant, name });
      // A disabled user is told the same as somebody who guesses; whoever comes through a provider comes through nothing else.
      if (user?.metadata.uid !== uid || user.spec.identity !== undefined) throw wrong;
      await done();
      return openSession({ sessions, directory, clock }, { tenant, name }, { method: 'password' }, from);
    },
    async invite(principal, user, ttlMs = LINK_LIFETIME.default) {
      const { name, uid } = user.metadata;
      if (user.spec.disabled)
        throw new SlipwayError('Conflict', `User "${name}" is disabled.`, { hint: 'Enable the user first.', retryable: false });
      if (user.spec.identity !== undefined)
        throw new SlipwayError('Conflict', `User "${name}" signs in through the provider "${user.spec.identity.provider}".`, {
          hint: 'There the password is set; or take spec.identity from the user.',
          retryable: false,
        });
      await refuseActingAs({ directory, authorizer, principal }, { kind: 'User', tenant: principal.tenant, name });
      return invitations.create({ tenant: principal.tenant, name, uid }, principal.name, ttlMs);
    },
    invitation: (user) => invitations.pending(user),
    withdraw: (user) => invitations.withdraw(user),
    async accept(token, password, record) {
      const { id, user } = await invitations.check(token);
      if ((await active(user))?.metadata.uid !== user.uid) throw notValid();
      await passwords.set(user, password, { link: id, record });
      return user;
    },
    async changePassword(principal, { current, next }, from, record) {
      if (principal.auth?.kind !== 'session')
        throw new SlipwayError('Forbidden', 'A password is changed by who signed in with it, not with a key or token.', {
          hint: 'Sign in first: slipway login --user <name>.',
        });
      const { home: tenant, name } = principal;
      const { uid, done } = await passwords.verify({ tenant, name, password: current }, from);
      await done();
      await passwords.set({ tenant, name, uid }, next, { keep: principal.credential, record });
    },
    async setPassword({ tenant, name }, password, record) {
      const user = await directory.find('User', tenant, name);
      if (user === undefined) throw new SlipwayError('NotFound', `User "${name}" was not found in tenant "${tenant}".`);
      await passwords.set({ tenant, name, uid: user.metadata.uid }, password, { record });
    },
    async prune() {
      await attempts.prune();
      await passwords.prune();
      await invitations.prune();
    },
  };
}
