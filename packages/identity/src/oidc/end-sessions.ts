import { type Logger, messageOf } from '@slipway/kit';
import type { Directory } from '../directory.ts';
import type { Sessions, Voucher } from '../sessions/sessions.ts';
import type { Provider } from './provider-client.ts';

/**
 * Ends the sessions of providers that are disabled, gone, or another one than vouched, for good: without it they would only rest, and stand again with the
 * provider. Every replica does it; ending what has ended changes nothing.
 */
export function endSessionsOfProviders(deps: { directory: Directory; sessions: Sessions; logger: Logger }, signal: AbortSignal): void {
  const { directory, sessions, logger } = deps;
  const look = async (where?: string): Promise<void> => {
    for (const voucher of await sessions.vouchers(where)) {
      const { tenant, provider } = voucher;
      if (isSame((await directory.find('IdentityProvider', tenant, provider)) as Provider | undefined, voucher)) continue;
      const ended = await sessions.revoke({ tenant, provider });
      if (ended.length > 0) logger.info({ tenant, provider, sessions: ended.length }, 'sessions ended with their identity provider');
    }
  };
  const off = directory.onChange((tenant, kind) => {
    if (kind !== undefined && kind !== 'IdentityProvider') return;
    // Without a kind anything may have happened anywhere: while this process was not there, or further back than the change log reaches.
    look(kind === undefined ? undefined : tenant).catch((error: unknown) =>
      logger.warn({ tenant, error: messageOf(error) }, 'sessions of an identity provider were not ended'),
    );
  });
  signal.addEventListener('abort', off, { once: true });
}

const isSame = (found: Provider | undefined, { providerUid, issuer }: Voucher): boolean =>
  found !== undefined &&
  !found.spec.disabled &&
  found.metadata.deletionTimestamp === undefined &&
  found.metadata.uid === providerUid &&
  found.spec.oidc.issuer === issuer;
