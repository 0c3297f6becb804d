import { type Clock, type Logger, SlipwayError } from '@slipway/kit';
import { readPerson } from '@slipway/model';
import type { Database } from '@slipway/store';
import { sql } from 'kysely';
import { hashHex } from '../secret-hash.ts';
import type { NewSession, SignInMethod, SignInSource } from '../sessions/sessions.ts';
import { newPending, type PendingSignIn } from './pending-sign-in.ts';
import { type PeopleDeps, userOf } from './people.ts';
import type { Provider, ProviderClients } from './provider-client.ts';

export interface SingleSignOnDeps extends PeopleDeps {
  readonly clients: ProviderClients;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openSession: (user: { tenant: string; name: string }, how: SignInMethod, from: SignInSource) => Promise<NewSession>;
}

export interface SignInAnswer {
  readonly pending: PendingSignIn;
  /** The callback's whole URL, with the public address of the hub. */
  readonly url: URL;
  readonly from: SignInSource;
  /** Runs what is written as this user's doing. */
  readonly as: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** Sign-in with the identity providers of tenants: authorization code flow with PKCE. */
export interface SingleSignOn {
  /** Providers for the sign-in page of a tenant: those that are listed, and the one that is named. */
  providers(tenant: string, named: string | undefined): Promise<{ name: string; displayName: string }[]>;
  begin(about: {
    tenant: string;
    provider: string;
    returnTo: string;
    redirectUri: string;
  }): Promise<{ location: URL; pending: PendingSignIn }>;
  finish(answer: SignInAnswer): Promise<NewSession>;
}

const noSuchProvider = (): SlipwayError =>
  new SlipwayError('NotFound', 'There is no such way to sign in.', { hint: 'Check the names of the tenant and of the identity provider.' });

export function createSingleSignOn(deps: SingleSignOnDeps): SingleSignOn {
  const { store, directory, clients, clock, logger, database } = deps;

  const providerOf = async (tenant: string, name: string): Promise<Provider> => {
    const found = (await directory.find('IdentityProvider', tenant, name)) as Provider | undefined;
    const usable = found !== undefined && !found.spec.disabled && found.metadata.deletionTimestamp === undefined;
    if (!usable) throw noSuchProvider();
    return found;
  };
  /** An answer counts once, although the provider and the browser should see to it too. */
  const useOnce = async ({ state }: PendingSignIn): Promise<void> => {
    const now = new Date(clock.now()).toISOString();
    await sql`delete from used_sign_ins where expires_at < ${now}::timestamptz`.execute(database.db);
    const until = new Date(clock.now() + 3_600_000).toISOString();
    const { rows } = await sql`insert into used_sign_ins (state_hash, expires_at) values (${hashHex(state)}, ${until}::timestamptz)
      on conflict do nothing returning 1`.execute(database.db);
    if (rows.length === 0)
      throw new SlipwayError('Unauthorized', 'This sign-in was finished before.', { hint: 'Begin again from the sign-in page.' });
  };

  return {
    async providers(tenant, named) {
      const { items } = await store.list({ tenant, kind: 'IdentityProvider' });
      return (items as Provider[])
        .filter(({ metadata, spec }) => !spec.disabled && (spec.listed || metadata.name === named))
        .map(({ metadata, spec }) => ({ name: metadata.name, displayName: spec.displayName || metadata.name }));
    },
    async begin({ tenant, provider: name, returnTo, redirectUri }) {
      const provider = await providerOf(tenant, name);
      const pending = newPending({ tenant, provider: name, uid: provider.metadata.uid, returnTo }, clock.now());
      return { location: await clients.authorizationUrl(tenant, provider, redirectUri, pending), pending };
    },
    async finish({ pending, url, from, as }) {
      const { tenant } = pending;
      const provider = await providerOf(tenant, pending.provider);
      // Another provider of the same name is another one, which was not asked.
      if (provider.metadata.uid !== pending.uid) throw noSuchProvider();
      await useOnce(pending);
      const claims = await clients.claims(tenant, provider, url, pending);
      const reading = readPerson(provider.spec, claims);
      if ('refused' in reading) {
        logger.info({ tenant, provider: pending.provider, reason: reading.refused }, 'somebody was not let in');
        throw new SlipwayError('Forbidden', `You are not let in: ${reading.refused}.`, { hint: 'Ask an admin of the tenant.' });
      }
      const user = await userOf(deps, { tenant, provider }, reading.person, as);
      const { name } = user.metadata;
      const { sid } = claims;
      const details = {
        providerUid: provider.metadata.uid,
        issuer: provider.spec.oidc.issuer,
        subject: reading.person.subject,
        // By which the provider ends this session alone.
        ...(typeof sid === 'string' && sid.length <= 255 ? { sid } : {}),
      };
      const session = await deps.openSession({ tenant, name }, { method: 'oidc', provider: pending.provider, details }, from);
      logger.info({ tenant, user: name, provider: pending.provider, session: session.id }, 'signed in');
      return session;
    },
  };
}
