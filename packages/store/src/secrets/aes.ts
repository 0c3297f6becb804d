import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE = 12;
const TAG = 16;

/** AES-256-GCM as base64 of nonce, tag and ciphertext. A nonce is random: a key seals far fewer than 2^32 texts. */
export function sealBytes(key: Buffer, plain: Buffer, context: string): string {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
}

/** Throws when key, context or a single bit is not the one of the sealing. */
export function openBytes(key: Buffer, sealed: string, context: string): Buffer {
  const data = Buffer.from(sealed, 'base64');
  if (data.length < NONCE + TAG) throw new Error('the sealed text is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, NONCE), { authTagLength: TAG }).setAAD(Buffer.from(context));
  decipher.setAuthTag(data.subarray(NONCE, NONCE + TAG));
  return Buffer.concat([decipher.update(data.subarray(NONCE + TAG)), decipher.final()]);
}
