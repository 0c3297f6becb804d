import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { SlipwayError } from '@slipway/kit';
import { z } from 'zod';
import type { KeyProvider } from './key-provider.ts';
import { KMS_PROTOCOL, type KmsClient, type KmsEncrypted, type KmsError, kmsService, type KmsStatus } from './kms-protocol.ts';

/** A plugin is on this machine; what it asks over the network should answer within that. */
const TIMEOUT_MS = 3000;

const wrappedSchema = z.object({ c: z.string(), a: z.record(z.string(), z.string()).optional() });

export interface KmsKeys extends KeyProvider {
  close(): void;
}

/**
 * Keys of a key management service, over Kubernetes' KMS v2 protocol on a unix socket: any plugin made for a kube-apiserver works (AWS, Azure, Google, Vault, PKCS#11).
 * Nothing is kept in memory: whoever takes the right away in the service ends it here at once, and while the service is away secrets can be neither opened nor written.
 *
 * @example await kmsKeys('unix:///run/kmsplugin/socket.sock')
 */
export async function kmsKeys(endpoint: string): Promise<KmsKeys> {
  const where = `KMS plugin ${endpoint}`;
  if (!/^unix:\/\/\/.+/.test(endpoint)) {
    throw new SlipwayError('Host', `"${endpoint}" is not the address of a KMS plugin.`, {
      hint: 'SLIPWAY_KMS_ENDPOINT is a unix socket: unix:///run/kmsplugin/socket.sock',
    });
  }
  // Only who has a KMS pays for the memory.
  const [grpc, { fromJSON }] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')]);
  // The type of a whole protobuf file is wider than that of this one.
  const Client = grpc.makeGenericClientConstructor(kmsService(fromJSON(KMS_PROTOCOL as never, { defaults: true })), 'KeyManagementService');
  const client = new Client(endpoint, grpc.credentials.createInsecure()) as unknown as KmsClient;
  const metadata = new grpc.Metadata();

  const call = <Request, Answer>(
    method: 'Status' | 'Encrypt' | 'Decrypt',
    request: Request,
    failure: (error: KmsError) => SlipwayError = unavailable,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const run = client[method].bind(client) as unknown as (
        ...given: [Request, typeof metadata, { deadline: number }, (error: KmsError | null, answer?: Answer) => void]
      ) => unknown;
      run(request, metadata, { deadline: Date.now() + TIMEOUT_MS }, (error, answer) =>
        error === null && answer !== undefined ? resolve(answer) : reject(failure(error ?? { code: 2, details: 'no answer' })),
      );
    });
  const unavailable = ({ details, code }: KmsError): SlipwayError =>
    new SlipwayError('Unavailable', `The ${where} does not answer: ${details || grpc.status[code]}.`, {
      hint: 'Secrets can be opened and written when it is back; nothing else needs it.',
      retryAfter: 5,
    });
  /** An answer of the plugin itself, rather than its absence. */
  const undecryptable = (keyId: string) => (error: KmsError) =>
    [grpc.status.UNAVAILABLE, grpc.status.DEADLINE_EXCEEDED, grpc.status.CANCELLED].includes(error.code)
      ? unavailable(error)
      : new SlipwayError('Host', `The ${where} cannot decrypt with key ${keyId}: ${error.details}.`, {
          hint: 'See that the key was not removed or disabled in the key management service.',
        });
  const status = async (): Promise<KmsStatus> => {
    const answer = await call<object, KmsStatus>('Status', {});
    if (!answer.version.startsWith('v2')) throw unavailable({ code: 9, details: `it speaks version "${answer.version}", not v2` });
    if (answer.healthz !== 'ok') throw unavailable({ code: 14, details: `it is not healthy: ${answer.healthz}` });
    if (answer.keyId === '') throw unavailable({ code: 14, details: 'it names no key' });
    return answer;
  };

  return {
    where,
    listsAll: false,
    keyIds: async () => [(await status()).keyId],
    primary: async () => (await status()).keyId,
    async wrap(dataKey, context) {
      const plaintext = Buffer.concat([dataKey, boundTo(context)]);
      const { ciphertext, keyId, annotations } = await call<object, KmsEncrypted>('Encrypt', { plaintext, uid: randomUUID() });
      if (ciphertext.length === 0 || keyId === '') throw unavailable({ code: 13, details: 'it answered without a ciphertext or key' });
      const a = Object.fromEntries(Object.entries(annotations).map(([name, value]) => [name, value.toString('base64')]));
      return { keyId, wrapped: JSON.stringify({ c: ciphertext.toString('base64'), a }) };
    },
    async unwrap({ keyId, wrapped }, context) {
      const { c, a = {} } = wrappedSchema.parse(JSON.parse(wrapped));
      const annotations = Object.fromEntries(Object.entries(a).map(([name, value]) => [name, Buffer.from(value, 'base64')]));
      const request = { ciphertext: Buffer.from(c, 'base64'), uid: randomUUID(), keyId, annotations };
      const { plaintext } = await call<object, { plaintext: Buffer }>('Decrypt', request, undecryptable(keyId));
      const bound = boundTo(context);
      const dataKey = plaintext.subarray(0, plaintext.length - bound.length);
      if (dataKey.length > 0 && timingSafeEqual(plaintext.subarray(dataKey.length), bound)) return dataKey;
      throw new SlipwayError('Host', `What the ${where} decrypted with key ${keyId} belongs to something else.`);
    },
    reload: async () => undefined,
    close: () => client.close(),
  };
}

/** The protocol knows no additional data, so what a key is for is encrypted with it. */
const boundTo = (context: string): Buffer => createHash('sha256').update(context).digest();

/** Keys of before, for reading, while everything is wrapped anew with the first provider's. */
export const withOlderKeys = (keys: KmsKeys, older: KeyProvider): KmsKeys => ({
  ...keys,
  where: `${keys.where}, older keys from ${older.where}`,
  keyIds: async () => [...(await keys.keyIds()), ...(await older.keyIds())],
  async unwrap(wrapped, context) {
    const from = (await older.keyIds()).includes(wrapped.keyId) ? older : keys;
    return from.unwrap(wrapped, context);
  },
  reload: () => older.reload(),
});
