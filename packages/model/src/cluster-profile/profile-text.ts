import type { ProfileRef } from './profile-ref.ts';

/** What a profile is called in sentences: `starter@1.0.0`, `project profile shop@1.0.0`. */
export const profileText = ({ scope, name, version }: ProfileRef): string =>
  `${scope === 'project' || scope === 'system' ? `${scope}/` : ''}${name}@${version}`;

/** The same profile, whatever the version. */
export const sameProfile = (a: Pick<ProfileRef, 'scope' | 'name'>, b: Pick<ProfileRef, 'scope' | 'name'>): boolean =>
  a.scope === b.scope && a.name === b.name;
