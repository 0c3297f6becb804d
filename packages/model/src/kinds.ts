import type { ResourceKinds } from './access/grant.ts';
import { definedKinds } from './generated/kinds.ts';
import type { Kind } from './meta/define-kind.ts';
import { GROUP, SYSTEM_TENANT } from './meta/object.ts';
import { inVersion } from './meta/versions.ts';
import { quotaKinds } from './quota/quota.ts';

/** Every kind the hub serves: one for each folder, and quotas of them. */
export const kinds: readonly Kind[] = [...definedKinds, ...quotaKinds(definedKinds.map(({ plural }) => plural))];

/** Finds a kind by its name, plural, singular or short name, without regard to case; as kubectl does, with a version and the group too: `clusters.v1.slipway.dev`. */
export function findKind(noun: string): Kind | undefined {
  const [wanted = '', ...rest] = noun.toLowerCase().split('.');
  const kind = kinds.find((one) => [one.kind.toLowerCase(), one.plural, one.singular, ...one.shortNames].includes(wanted));
  const suffix = rest.join('.');
  if (kind === undefined || suffix === '' || suffix === GROUP) return kind;
  return suffix.endsWith(`.${GROUP}`) ? inVersion(kind, suffix.slice(0, -GROUP.length - 1)) : undefined;
}

const byName = new Map(kinds.map((kind) => [kind.kind, kind]));

/** The kind of exactly this name: `ClusterProfile`. */
export const kindNamed = (name: string): Kind | undefined => byName.get(name);

const byPlural = new Map(kinds.map((kind) => [kind.plural, kind]));

/** What decisions about access must know of each resource. */
export const resourceKinds: ResourceKinds = (resource) => byPlural.get(resource);

const systemKinds: ReadonlySet<string> = new Set(kinds.filter((kind) => kind.scope === 'system').map((kind) => kind.kind));

/** Whose the objects of a kind are that somebody who acts in `tenant` means: those of system kinds are the installation's, whoever asks. */
export const tenantOfKind = (kind: string, tenant: string): string => (systemKinds.has(kind) ? SYSTEM_TENANT : tenant);
