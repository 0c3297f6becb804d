import { messageOf, SlipwayError } from '@slipway/kit';
import type { VerifySpec } from '@slipway/model';
import type { OciClient } from '../registries/oci-client.ts';
import { findSignature, type Signature } from './verify-signatures.ts';

/** What a registry's policy says of a manifest. */
export interface Trust {
  /** Who signed it, for the catalogue; `undefined` when that cannot be known now. */
  look(repository: string, digest: string): Promise<Signature | undefined>;
  /** The same before it is used: rejects where a signature is required and none is seen, also when nobody can be asked. */
  judge(repository: string, digest: string): Promise<Signature>;
}

/** Undefined where nobody asks for signatures. */
export function trustOf(client: OciClient, { policy, keys }: VerifySpec): Trust | undefined {
  if (policy === 'off') return undefined;
  return {
    look: (repository, digest) =>
      findSignature(client, repository, digest, keys).catch((error: unknown) => {
        if (error instanceof SlipwayError && (error.code === 'Unavailable' || error.code === 'Timeout')) return undefined;
        return { problem: messageOf(error) };
      }),
    async judge(repository, digest) {
      const found = await findSignature(client, repository, digest, keys).catch((error: unknown): Signature => ({
        problem: `its signature cannot be checked (${messageOf(error)})`,
      }));
      if (found.signedBy !== undefined || policy === 'warn') return found;
      throw new SlipwayError('Forbidden', `"${repository}" (${digest.slice(0, 19)}) in the ${client.from} is not used: ${found.problem}.`, {
        hint: `The registry requires a signature by one of its keys: ${keys.map(({ name }) => name).join(', ')}. Sign it with: slipway pack sign`,
        retryable: false,
      });
    },
  };
}
