import { KINDS, type KindName } from '../../hub/kinds.ts';
import { clusterPath, KIND_PLACES } from '../../paths.ts';
import { profilePath } from '../profiles/profile-place.ts';
import { WITHOUT_PAGE } from './kind-words.ts';

interface Named {
  readonly name: string;
  readonly namespace?: string | undefined;
}

const PROFILE_SCOPES = { clusterprofiles: 'tenant', projectclusterprofiles: 'project', systemclusterprofiles: 'system' } as const;
type ProfileKind = keyof typeof PROFILE_SCOPES;
const isProfile = (plural: KindName): plural is ProfileKind => plural in PROFILE_SCOPES;

/** The address of the one page of an object; undefined for what has none. */
export function objectHref(plural: KindName, { name, namespace }: Named): string | undefined {
  if (plural === 'clusters') return clusterPath(namespace ?? '', name);
  if (isProfile(plural)) return profilePath({ scope: PROFILE_SCOPES[plural], project: namespace, name });
  const section = WITHOUT_PAGE.has(plural) ? undefined : KIND_PLACES.find(({ kinds }) => kinds.includes(plural))?.section;
  if (section === undefined) return undefined;
  const query = namespace === undefined ? '' : `?${new URLSearchParams({ in: namespace }).toString()}`;
  return `/clusters/${section}/${plural}/${encodeURIComponent(name)}${query}`;
}

/** The same for an object that something names by its kind. */
export function hrefOfKind(kind: string, named: Named): string | undefined {
  const plural = (Object.keys(KINDS) as KindName[]).find((one) => KINDS[one].kind === kind);
  return plural === undefined ? undefined : objectHref(plural, named);
}
