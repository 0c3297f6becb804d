import { type ObjectStore, putSecrets, registryKind, type RegistrySpec, registrySpecSchema, secretFieldsOf } from '@slipway/model';
import type { RegistryRef } from '@slipway/packs';
import type { Vault } from '@slipway/store';

const SECRETS = secretFieldsOf(registryKind);

/** Registries as the hub uses them: defaults filled in (older versions of Slipway stored fewer fields), secrets in clear. They go nowhere but to the registry. */
export function createRegistryReader({ store, vault }: { readonly store: Pick<ObjectStore, 'get'>; readonly vault: Pick<Vault, 'open'> }) {
  return {
    async get({ tenant, name }: RegistryRef): Promise<RegistrySpec | undefined> {
      const stored = await store.get({ tenant, kind: 'Registry', name });
      if (stored === undefined) return undefined;
      const spec = registrySpecSchema.parse(stored.spec);
      if (!holdsSecrets(spec)) return spec;
      const values = await vault.open({ tenant, kind: 'Registry', project: '', name, uid: stored.metadata.uid });
      return putSecrets(spec, SECRETS, values);
    },
  };
}

const holdsSecrets = (spec: RegistrySpec): boolean =>
  ('webhook' in spec && spec.webhook !== undefined) || ('credentials' in spec && spec.credentials.type !== 'none');
