import type { KindAddress, ObjectAddress } from '@slipway/api/browser';
import type { Scope } from '@slipway/model';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';

/** Where a profile lives. */
export interface ProfilePlace {
  readonly scope: Scope;
  /** Of a project's own. */
  readonly project?: string | undefined;
  readonly name: string;
}

export const PROFILE_KINDS: Readonly<Record<Scope, KindAddress>> = {
  project: KINDS.projectclusterprofiles,
  tenant: KINDS.clusterprofiles,
  system: KINDS.systemclusterprofiles,
};

export const SCOPE_WORDS: Readonly<Record<Scope, string>> = { project: 'Project', tenant: 'Tenant', system: 'Installation' };

const OWN = 'project.';

/** The part of an address that says where a profile lives: `tenant`, `system`, `project.shop`. */
export const inOf = ({ scope, project = '' }: Omit<ProfilePlace, 'name'>): string => (scope === 'project' ? `${OWN}${project}` : scope);

/** The place that an address names; undefined for one that somebody made up. */
export function placeAt(within: string, name: string): ProfilePlace | undefined {
  if (within === 'tenant' || within === 'system') return { scope: within, name };
  return within.startsWith(OWN) && within.length > OWN.length ? { scope: 'project', project: within.slice(OWN.length), name } : undefined;
}

export const addressOf = ({ scope, project, name }: ProfilePlace): ObjectAddress => ({ kind: PROFILE_KINDS[scope], project, name });

export const profilePath = (place: ProfilePlace): string =>
  `/clusters/profiles/${encodeURIComponent(inOf(place))}/${encodeURIComponent(place.name)}`;

/** The version of a profile that a cluster is at, as its profile or as an add-on; undefined when it does not use it. */
export function versionIn({ spec, metadata }: Cluster, { scope, project, name }: ProfilePlace): string | undefined {
  if (scope === 'project' && metadata.namespace !== project) return undefined;
  return [spec.profile, ...spec.addons].find((ref) => ref.scope === scope && ref.name === name)?.version;
}
