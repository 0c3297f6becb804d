import {
  type ApiObject,
  type ObjectStore,
  putSecrets,
  registryKinds,
  type RegistrySpec,
  registrySpecSchema,
  secretFieldsOf,
  takeSecrets,
} from '@slipway/model';
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
  const secretsOf = (ref: RegistryRef, { metadata }: ApiObject) =>
    vault.open({ ...registryAddress(ref), project: ref.project ?? '', uid: metadata.uid });
  return {
    async get(ref: RegistryRef): Promise<RegistrySpec | undefined> {
      const stored = await store.get(registryAddress(ref));
      if (stored === undefined) return undefined;
      const spec = registrySpecSchema.parse(stored.spec);
      return holdsSecrets(spec) ? putSecrets(spec, SECRETS, await secretsOf(ref, stored)) : spec;
    },
    /** A spec that is not stored: what it masks is what is stored. That masks stay only where the address stays is admission's to see to. */
    async opened(ref: RegistryRef, spec: RegistrySpec): Promise<RegistrySpec> {
      const stored = holdsSecrets(spec) ? await store.get(registryAddress(ref)) : undefined;
      if (stored === undefined) return spec;
      return putSecrets(spec, SECRETS, { ...(await secretsOf(ref, stored)), ...takeSecrets(spec, SECRETS).values });
    },
  };
}

const holdsSecrets = (spec: RegistrySpec): boolean =>
  ('webhook' in spec && spec.webhook !== undefined) || ('credentials' in spec && spec.credentials.type !== 'none');
