import { z } from 'zod';
export { profileText } from './profile-text.ts';
import { kindAt, type Scope, scopeSchema } from '../meta/scopes.ts';

export const PROFILE_FAMILY = 'ClusterProfile';

/** One version of one profile, and where the profile lives. */
export const profileRefSchema = z.strictObject({
  /** Of a profile of the cluster's own project, of the tenant, or of this installation. */
  scope: scopeSchema,
  name: z.string().min(1),
  version: z.string().min(1),
});
export type ProfileRef = z.infer<typeof profileRefSchema>;

export const profileKindAt = (scope: Scope): string => kindAt(PROFILE_FAMILY, scope);
