import { type Clock, type Logger, minutes, SlipwayError } from '@slipway/kit';
import type { ApiObject, ObjectStore, UserSpec, UserStatus } from '@slipway/model';
import type { Database } from '@slipway/store';
import { sql } from 'kysely';
import type { Directory } from '../directory.ts';
import type { RecordWithin } from '../passwords/passwords.ts';
import { hashHex } from '../secret-hash.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { timestamptz } from '../sql-time.ts';
import { type Logout, readLogout } from './logout-token.ts';
import type { Provider, ProviderClients } from './provider-client.ts';

export interface BackChannelLogoutDeps {
  readonly store: ObjectStore;
  readonly directory: Directory;
  readonly clients: Pick<ProviderClients, 'logoutClaims'>;
  readonly sessions: Sessions;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface BackChannelLogout {
  /** Ends what a provider's logout token says, and gives the ids of the sessions that ended. `Unauthorized` for every token that does not count, whatever is wrong with it. */
  end(place: { tenant: string; provider: string }, token: string, record: RecordWithin): Promise<string[]>;
}

/** Longer than any token that is taken is valid. */
const REMEMBERED_MS = minutes(60);

/** OpenID Connect Back-Channel Logout 1.0: who was signed out, or removed, at the provider does not go on here until a session ends by itself. */
export function createBackChannelLogout(deps: BackChannelLogoutDeps): BackChannelLogout {
  const { store, directory, clients, sessions, database, clock, logger } = deps;

  const providerOf = async (tenant: string, name: string): Promise<Provider> => {
    const found = (await directory.find('IdentityProvider', tenant, name)) as Provider | undefined;
    if (found === undefined || found.spec.disabled || found.metadata.deletionTimestamp !== undefined)
      throw notValid('there is no such provider that is enabled');
    return found;
  };
  /** A token counts once; the row is that of the transaction in which it counts. */
  const keyOf = ({ metadata }: Provider, { jti }: Logout): string => hashHex(JSON.stringify(['logout', metadata.uid, jti]));
  const refuseReplay = async (key: string): Promise<void> => {
    const { rows } = await sql`select 1 from used_sign_ins where state_hash = ${key}`.execute(database.db);
    if (rows.length > 0) throw replayed();
  };
  /** Keys rest until the provider has confirmed the person again, by a sign-in. */
  const restKeys = async (tenant: string, provider: Provider, subject: string): Promise<void> => {
    const fieldSelector = `spec.identity.provider=${provider.metadata.name}`;
    const { items } = await store.list({ tenant, kind: 'User', fieldSelector });
    for (const user of items as ApiObject<UserSpec, UserStatus>[]) {
      const { signIn, ...status } = user.status ?? {};
      if (user.spec.identity?.subject !== subject || signIn === undefined) continue;
      await store.updateStatus({ ...user, metadata: { ...user.metadata, resourceVersion: '' }, status }, { tenant });
    }
  };

  return {
    async end({ tenant, provider: name }, token, record) {
      const provider = await providerOf(tenant, name);
      const logout = readLogout(await clients.logoutClaims(tenant, provider, token));
      if ('refused' in logout) throw notValid(logout.refused);
      const key = keyOf(provider, logout);
      await refuseReplay(key);
      const { subject, sid } = logout;
      // Of one session it says nothing about the person's keys.
      if (provider.spec.logoutEndsKeys && subject !== undefined && sid === undefined) await restKeys(tenant, provider, subject);
      const whose = { tenant, provider: name, providerUid: provider.metadata.uid, subject, sid };
      const ended = await sessions.endOfPerson(whose, async (users, on) => {
        const until = timestamptz(clock.now() + REMEMBERED_MS);
        const { rows } =
          await sql`insert into used_sign_ins (state_hash, expires_at) values (${key}, ${until}) on conflict do nothing returning 1`.execute(
            on,
          );
        if (rows.length === 0) throw replayed();
        for (const user of users) await record({ tenant, name: user }, on);
      });
      // What is open is looked at at once here, and within two seconds by other replicas.
      directory.changed('User', tenant);
      logger.info({ tenant, provider: name, sessions: ended.length }, 'a provider signed somebody out');
      return ended;
    },
  };
}

/** One sentence for whatever is wrong; what it was is for the log. */
export const notValid = (detail: string, cause?: unknown): SlipwayError =>
  new SlipwayError('Unauthorized', 'This logout token is not valid.', {
    hint: 'A logout token is a JWT of this provider for this client, new, and used once.',
    detail,
    ...(cause === undefined ? {} : { cause }),
  });

const replayed = (): SlipwayError => notValid('it was used before');
