import type { ApiObject } from '@slipway/model';
import { type ComponentType, lazy } from 'react';
import type { KindName } from '../../hub/kinds.ts';

const RegistryOverview = lazy(async () => ({ default: (await import('../packs/registry-overview.tsx')).RegistryOverview }));

/** Kinds that say more of themselves than what is wanted and how it is. */
export const OWN_OVERVIEWS: Partial<Record<KindName, ComponentType<{ readonly object: ApiObject }>>> = {
  registries: RegistryOverview,
  projectregistries: RegistryOverview,
};
