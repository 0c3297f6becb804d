import { type ObjectStore, putSecrets, registryKinds, type RegistrySpec, registrySpecSchema, secretFieldsOf } from '@slipway/model';
import type { RegistryRef } from '@slipway/packs';
import type { Vault } from '@slipway/store';

const SECRETS = secretFieldsOf(registryKinds.at('tenant'));

/** The kind and place of a registry: a project's own, or the tenant's. */
export const registryAddress = ({ tenant, project, name }: RegistryRef) => ({
  tenant,
  kind: registryKinds.at(project === undefined ? 'tenant' : 'project').kind,
  project,
  name,
});

/** Registries as the hub uses them: defaults filled in (older versions of Slipway stored fewer fields), secrets in clear. They go nowhere but to the registry. */
export function createRegistryReader({ store, vault }: { readonly store: Pick<ObjectStore, 'get'>; readonly vault: Pick<Vault, 'open'> }) {
  return {
    async get(ref: RegistryRef): Promise<RegistrySpec | undefined> {
      const address = registryAddress(ref);
      const stored = await store.get(address);
      if (stored === undefined) return undefined;
      const spec = registrySpecSchema.parse(stored.spec);
      if (!holdsSecrets(spec)) return spec;
      const values = await vault.open({ ...address, project: ref.project ?? '', uid: stored.metadata.uid });
      return putSecrets(spec, SECRETS, values);
    },
  };
}

const holdsSecrets = (spec: RegistrySpec): boolean =>
  ('webhook' in spec && spec.webhook !== undefined) || ('credentials' in spec && spec.credentials.type !== 'none');
