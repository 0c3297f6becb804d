import { type Logger, SlipwayError, systemClock } from '@slipway/kit';
import { DEFAULT_TENANT } from '@slipway/model';
import { type AuditLog, stampOf, type Vault, type VaultKey } from '@slipway/store';

export interface KeysAnswer {
  readonly keys: readonly VaultKey[];
  readonly done?: string;
}

/** What the local socket does with encryption keys. Each change is in the audit chain of the first tenant, done by who has the host. */
export function keyActions(deps: { vault: Vault; log: AuditLog; logger: Logger }) {
  const { vault, log, logger } = deps;
  const recorded = async (verb: string, name: string | undefined) => {
    const user = { kind: 'user' as const, name: 'host', auth: { kind: 'local-socket' } };
    const object = { resource: 'encryptionkeys', ...(name === undefined ? {} : { name }) };
    await log.append(DEFAULT_TENANT, { ...stampOf(undefined, systemClock), user, verb, object, outcome: 'ok' });
  };
  const rewrap = async (): Promise<string> => {
    const { rewrapped, left } = await vault.rewrap();
    return `${rewrapped} secrets were wrapped anew${left === 0 ? '' : `; ${left} still need an older key`}.`;
  };
  return async (action: string, id: string | undefined): Promise<KeysAnswer> => {
    if (action === 'list') return { keys: await vault.keys() };
    let done: string;
    if (action === 'rotate') {
      const made = await vault.rotate();
      await recorded('rotate', made);
      done = `${made} is the key of new secrets. ${await rewrap()}`;
    } else if (action === 'rewrap') {
      await recorded('rewrap', undefined);
      done = await rewrap();
    } else if (action === 'retire' && id !== undefined) {
      await vault.retire(id);
      await recorded('retire', id);
      done = `${id} is forgotten.`;
    } else
      throw new SlipwayError('BadRequest', `"${action}" is nothing that can be done with keys.`, {
        hint: 'It is one of: list, rotate, rewrap, retire <id>.',
      });
    logger.info({ action, done }, 'encryption keys');
    return { keys: await vault.keys(), done };
  };
}

/** For people. */
export function keysText(answer: object): string {
  const { keys, done } = answer as KeysAnswer;
  const rows = keys.map(
    ({ id, primary, used, createdAt }) =>
      `${id.padEnd(16)}  ${(primary ? 'new secrets' : 'older').padEnd(11)}  ${String(used).padStart(7)}  ${createdAt ?? '-'}`,
  );
  return [...(done === undefined ? [] : [done]), `${'KEY'.padEnd(16)}  ${'FOR'.padEnd(11)}  SECRETS  CREATED`, ...rows].join('\n');
}
