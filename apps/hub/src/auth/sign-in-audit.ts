import type { Identity, NewSession, RecordWithin } from '@slipway/identity';
import { SlipwayError } from '@slipway/kit';
import { type AuditUser, DEFAULT_TENANT, SYSTEM_TENANT } from '@slipway/model';
import type { FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import type { HubAudit } from '../audit/hub-audit.ts';

export type AccountAction =
  | 'sign-in'
  | 'sign-out'
  | 'change-password'
  | 'accept-invitation'
  | 'set-password'
  | 'approve-device'
  | 'deny-device';

export interface Account {
  readonly tenant: string;
  readonly name: string;
}

/** Records who signed in and who did not, and what they did to their own account. */
export interface SignInAudit {
  /** A session that was opened, before its token is given; without its record it ends again. */
  signedIn(request: FastifyRequest, session: NewSession, auth: NonNullable<AuditUser['auth']>): Promise<void>;
  /** For the transaction of a change of an account: without its record there is no change. */
  within(request: FastifyRequest, action: AccountAction, auth?: AuditUser['auth']): RecordWithin;
  /** Runs an attempt; what it refuses is recorded, within the budget that floods have. */
  attempt<T>(request: FastifyRequest, action: AccountAction, account: Account | undefined, work: () => Promise<T>): Promise<T>;
}

export function createSignInAudit({
  audit,
  identity,
}: {
  audit: HubAudit;
  identity: Pick<Identity, 'directory' | 'sessions'>;
}): SignInAudit {
  const objectOf = (name: string | undefined) => ({ resource: 'users', ...(name === undefined ? {} : { name }) });
  /** Names of users and tenants that there are; what else somebody typed may be a password in the wrong field. */
  const known = async ({ tenant, name }: Account): Promise<{ tenant: string; name?: string }> => {
    const there = await identity.directory.find('Tenant', SYSTEM_TENANT, tenant).catch(() => undefined);
    if (there === undefined) return { tenant: DEFAULT_TENANT };
    const user = await identity.directory.find('User', tenant, name).catch(() => undefined);
    return user === undefined ? { tenant } : { tenant, name };
  };
  const recorded = (
    request: FastifyRequest,
    action: AccountAction,
    { tenant, name }: Account,
    { auth, on }: { auth?: AuditUser['auth']; on?: Kysely<unknown> },
  ): Promise<void> => {
    const user: AuditUser = { kind: 'user', name, tenant, ...(auth === undefined ? {} : { auth }) };
    return audit.access(request, tenant, { user, verb: action, object: objectOf(name) }, on);
  };

  return {
    async signedIn(request, { id, user: { tenant, name } }, auth) {
      try {
        await recorded(request, 'sign-in', { tenant, name }, { auth });
      } catch (error) {
        await identity.sessions.revoke({ tenant, name, id });
        throw error;
      }
    },
    within: (request, action, auth) => (user, on) => recorded(request, action, user, { auth, on }),
    async attempt(request, action, account, work) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof SlipwayError && ['Unauthorized', 'Forbidden', 'TooManyRequests', 'NotFound'].includes(error.code)) {
          const { tenant, name } = account === undefined ? { tenant: DEFAULT_TENANT } : await known(account);
          const locked = error.code === 'Unauthorized' && error.retryAfter !== undefined;
          audit.refusal(request, tenant, {
            verb: locked ? 'lock-out' : action,
            object: objectOf(name),
            reason: error.detail ?? error.message,
          });
        }
        throw error;
      }
    },
  };
}
