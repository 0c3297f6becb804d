import type { Identity } from '@slipway/identity';
import { type Logger, SlipwayError, systemClock } from '@slipway/kit';
import { type AuditLog, stampOf } from '@slipway/store';
import { z } from 'zod';

const bodySchema = z.strictObject({ tenant: z.string().min(1), user: z.string().min(1), password: z.string().min(1).max(1024) });

/** What the local socket does with accounts: whoever has the host gets in. Recorded in the chain of the user's tenant. */
export function accountActions({ identity, log, logger }: { identity: Identity; log: AuditLog; logger: Logger }) {
  return async (body: unknown): Promise<{ done: string }> => {
    const parsed = bodySchema.safeParse(body);
    if (!parsed.success) throw new SlipwayError('BadRequest', 'It takes tenant, user and password.');
    const { tenant, user: name, password } = parsed.data;
    const user = { kind: 'user' as const, name: 'host', auth: { kind: 'local-socket' } };
    const about = { verb: 'set-password', object: { resource: 'users', name }, outcome: 'ok' as const };
    await identity.accounts.setPassword({ tenant, name }, password, async (_user, on) => {
      await log.append(tenant, { ...stampOf(undefined, systemClock), user, ...about }, on);
    });
    logger.warn({ tenant, user: name }, 'a password was set over the local socket');
    return { done: `The password of "${name}" is set; sessions of before have ended.` };
  };
}
