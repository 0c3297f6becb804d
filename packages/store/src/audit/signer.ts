import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, randomSuffix, sha256Hex, SlipwayError } from '@slipway/kit';
import { type AuditCheckpoint, checkpointText } from '@slipway/model';

/** Signs heads of chains. The key is a file of the hub, not a row of the database: whoever rewrites rows cannot sign. */
export interface AuditSigner {
  readonly keyId: string;
  /** SPKI PEM. */
  readonly publicKey: string;
  sign(checkpoint: Omit<AuditCheckpoint, 'keyId' | 'signature'>): AuditCheckpoint;
}

/** The Ed25519 key of a hub, made at first start (mode 0600). */
export async function loadAuditSigner(path: string): Promise<AuditSigner> {
  const read = () =>
    readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new SlipwayError('Host', `The key that signs audit heads cannot be read: ${path}: ${error.message}`, { cause: error });
    });
  let pem = await read();
  if (pem === undefined) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.${randomSuffix(8)}`;
    await writeFile(draft, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await unlink(draft);
    pem = (await read()) ?? '';
  }
  try {
    return createAuditSigner(pem);
  } catch (error) {
    throw new SlipwayError('Host', `The key that signs audit heads is broken: ${path}: ${messageOf(error)}`, {
      hint: 'Restore it from a backup: heads signed before can be checked with nothing else.',
      cause: error,
    });
  }
}

export function createAuditSigner(pem: string): AuditSigner {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const keyId = sha256Hex(publicKey.export({ type: 'spki', format: 'der' })).slice(0, 16);
  return {
    keyId,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (checkpoint) => ({
      ...checkpoint,
      keyId,
      signature: sign(null, Buffer.from(checkpointText(checkpoint)), privateKey).toString('base64'),
    }),
  };
}
