import type { Metadata, ServiceError, StatusObject, ServiceDefinition } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';

/** Kubernetes' KMS v2 protocol (k8s.io/kms/apis/v2), as far as it is spoken here. */
export const KMS_PROTOCOL = {
  nested: {
    v2: {
      nested: {
        KeyManagementService: {
          methods: {
            Status: { requestType: 'StatusRequest', responseType: 'StatusResponse' },
            Decrypt: { requestType: 'DecryptRequest', responseType: 'DecryptResponse' },
            Encrypt: { requestType: 'EncryptRequest', responseType: 'EncryptResponse' },
          },
        },
        StatusRequest: { fields: {} },
        StatusResponse: {
          fields: { version: { type: 'string', id: 1 }, healthz: { type: 'string', id: 2 }, keyId: { type: 'string', id: 3 } },
        },
        DecryptRequest: {
          fields: {
            ciphertext: { type: 'bytes', id: 1 },
            uid: { type: 'string', id: 2 },
            keyId: { type: 'string', id: 3 },
            annotations: { keyType: 'string', type: 'bytes', id: 4 },
          },
        },
        DecryptResponse: { fields: { plaintext: { type: 'bytes', id: 1 } } },
        EncryptRequest: { fields: { plaintext: { type: 'bytes', id: 1 }, uid: { type: 'string', id: 2 } } },
        EncryptResponse: {
          fields: {
            ciphertext: { type: 'bytes', id: 1 },
            keyId: { type: 'string', id: 2 },
            annotations: { keyType: 'string', type: 'bytes', id: 3 },
          },
        },
      },
    },
  },
};

export interface KmsStatus {
  readonly version: string;
  readonly healthz: string;
  readonly keyId: string;
}
export interface KmsEncrypted {
  readonly ciphertext: Buffer;
  readonly keyId: string;
  readonly annotations: Readonly<Record<string, Buffer>>;
}

type Call<Request, Answer> = (
  request: Request,
  metadata: Metadata,
  options: { deadline: number },
  done: (error: ServiceError | null, answer?: Answer) => void,
) => unknown;

export interface KmsClient {
  Status: Call<object, KmsStatus>;
  Encrypt: Call<{ plaintext: Buffer; uid: string }, KmsEncrypted>;
  Decrypt: Call<KmsEncrypted & { uid: string }, { plaintext: Buffer }>;
  close(): void;
}

/** What went wrong, without what was sent. */
export type KmsError = Pick<StatusObject, 'code' | 'details'>;

export const kmsService = (definition: PackageDefinition): ServiceDefinition =>
  definition['v2.KeyManagementService'] as unknown as ServiceDefinition;
