import type { KubeClient } from '@slipway/kube';
import { parseAgentIdentity, type CredentialStore } from '@slipway/link';
import { FIELD_MANAGER } from '../layers/object-id.ts';

/** The agent's identity in the Secret `slipway-agent-credential` of its own namespace. */
export function createSecretCredentialStore(kube: KubeClient, namespace: string): CredentialStore {
  const name = 'slipway-agent-credential';
  return {
    async load() {
      const secret = await kube.get({ apiVersion: 'v1', kind: 'Secret', namespace, name });
      const data = secret?.['data']?.identity as string | undefined;
      return data === undefined
        ? undefined
        : parseAgentIdentity(Buffer.from(data, 'base64').toString('utf8'), `Secret ${namespace}/${name}`);
    },
    async save(identity) {
      await kube.apply(
        {
          apiVersion: 'v1',
          kind: 'Secret',
          type: 'slipway.dev/agent-credential',
          metadata: {
            name,
            namespace,
          },
          data: { identity: Buffer.from(JSON.stringify(identity)).toString('base64') },
        },
        { fieldManager: FIELD_MANAGER, force: true },
      );
    },
  };
}
