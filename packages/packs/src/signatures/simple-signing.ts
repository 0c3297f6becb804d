import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { SlipwayError } from '@slipway/kit';
import { z } from 'zod';

/** What cosign signs: which manifest it is, in Red Hat's "simple signing" form. */
const payloadSchema = z.object({
  critical: z.object({
    identity: z.object({ 'docker-reference': z.string() }),
    image: z.object({ 'docker-manifest-digest': z.string() }),
    type: z.literal('cosign container image signature'),
  }),
});

/** The words that are signed for a manifest. */
export const signingPayload = (reference: string, digest: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': reference },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );

/** The digest of the manifest that a payload speaks of; undefined when it is no such payload. */
export function signedDigest(payload: Buffer): string | undefined {
  try {
    return payloadSchema.parse(JSON.parse(payload.toString('utf8'))).critical.image['docker-manifest-digest'];
  } catch {
    return undefined;
  }
}

/** ECDSA signs a hash, Ed25519 hashes by itself. */
const hashFor = (key: KeyObject): 'sha256' | null => (key.asymmetricKeyType === 'ed25519' ? null : 'sha256');

export function holds(payload: Buffer, signature: Buffer, key: KeyObject): boolean {
  try {
    return verify(hashFor(key), payload, key, signature);
  } catch {
    return false;
  }
}

export const signatureOf = (payload: Buffer, key: KeyObject): Buffer => sign(hashFor(key), payload, key);

/** A public key of a registry's spec, or what is wrong with it. */
export function publicKeyOf(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new SlipwayError('Invalid', 'A key of the registry is not a public key in PEM.', { cause: error, retryable: false });
  }
}
