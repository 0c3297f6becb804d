import type { Subresource, SubresourceContext } from '@slipway/api';
import { type Identity, LINK_LIFETIME, type SessionUser } from '@slipway/identity';
import { SlipwayError } from '@slipway/kit';
import type { ApiObject, UserSpec } from '@slipway/model';
import { z } from 'zod';

const invitationSchema = z.strictObject({
  /** How long the link works. */
  validForSeconds: z
    .number()
    .int()
    .min(LINK_LIFETIME.least / 1000)
    .max(LINK_LIFETIME.most / 1000)
    .optional(),
});

const userOf = ({ tenant, object }: SubresourceContext): SessionUser => ({ tenant, name: object.metadata.name, uid: object.metadata.uid });
const timeText = (ms: number): string => new Date(ms).toISOString();

/** `users/invitation`: the one-time link with which somebody chooses a password. `users/sessions`: where somebody is signed in. */
export function userSubresources({
  identity,
  publicUrl,
}: {
  identity: Identity;
  /** Where people reach the hub, by what the caller asked. */
  publicUrl: (host: string | undefined) => string;
}): Subresource[] {
  const { accounts, sessions } = identity;
  return [
    {
      kind: 'User',
      name: 'invitation',
      verbs: ['create', 'delete', 'get'],
      methods: ['GET', 'POST', 'DELETE'],
      async handle(context) {
        const user = userOf(context);
        if (context.method === 'POST') {
          const parsed = invitationSchema.safeParse(context.body ?? {});
          if (!parsed.success) throw new SlipwayError('BadRequest', `validForSeconds: ${parsed.error.issues[0]?.message ?? 'invalid'}.`);
          const { validForSeconds } = parsed.data;
          const ttlMs = validForSeconds === undefined ? undefined : validForSeconds * 1000;
          const made = await accounts.invite(context.principal, context.object as ApiObject<UserSpec>, ttlMs);
          // Behind the #: browsers send it to no server, and no log or referrer has it.
          return { link: `${publicUrl(context.headers.host)}/auth/invitation#${made.token}`, expiresAt: timeText(made.expiresAt) };
        }
        if (context.method === 'DELETE') {
          await accounts.withdraw(user);
          return {};
        }
        const pending = await accounts.invitation(user);
        if (pending === undefined) throw new SlipwayError('NotFound', `There is no open invitation of user "${user.name}".`);
        const { createdBy, createdAt, expiresAt } = pending;
        return { createdBy, createdAt: timeText(createdAt), expiresAt: timeText(expiresAt) };
      },
    },
    {
      kind: 'User',
      name: 'sessions',
      verbs: ['delete', 'get'],
      methods: ['GET', 'DELETE'],
      async handle(context) {
        const user = userOf(context);
        if (context.method === 'DELETE') {
          const id = context.query.get('session') ?? undefined;
          const ended = await sessions.revoke({ tenant: user.tenant, name: user.name, ...(id === undefined ? {} : { id }) });
          if (id !== undefined && ended.length === 0) throw new SlipwayError('NotFound', `User "${user.name}" has no session "${id}".`);
          return { ended };
        }
        const items = (await sessions.list(user)).map((one) => ({
          id: one.id,
          method: one.method,
          ...(one.provider === undefined ? {} : { provider: one.provider }),
          ...(one.address === undefined ? {} : { address: one.address }),
          ...(one.userAgent === undefined ? {} : { userAgent: one.userAgent }),
          createdAt: timeText(one.createdAt),
          lastUsedAt: timeText(one.lastUsedAt),
          expiresAt: timeText(one.expiresAt),
          current: one.id === context.principal.credential,
        }));
        return { items };
      },
    },
  ];
}
