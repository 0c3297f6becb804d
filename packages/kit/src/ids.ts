import { createHash, randomBytes, randomUUID } from 'node:crypto';

/** A new object uid. */
export const newUid = (): string => randomUUID();

/** Random lower-case text of `length` characters from Kubernetes' generateName alphabet (no vowels, no look-alikes). */
export function randomSuffix(length = 5): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}

/** A secret of `bytes` random bytes as base64url. */
export const randomSecret = (bytes = 32): string => randomBytes(bytes).toString('base64url');

export const sha256Hex = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
