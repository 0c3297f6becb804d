import type { ProfileRef } from './profile-ref.ts';

/** What a profile is called in sentences: `starter@1.0.0`, `project profile shop@1.0.0`. */
export const profileText = ({ scope, name, version }: ProfileRef): string =>
  `${scope === 'project' || scope === 'system' ? `${scope}/` : ''}${name}@${version}`;
