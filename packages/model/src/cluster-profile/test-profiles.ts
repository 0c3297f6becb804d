import { profileVersionSchema, type ProfileVersion } from './cluster-profile.ts';
import type { layerSchema } from './layer.ts';
import type { StackProfile } from './stack.ts';
import type { z } from 'zod';

// Builders for tests, through the real schemas so that defaults are the real ones.
export const KUBERNETES = { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } } as const;

export const profileVersion = (
  layers: readonly z.input<typeof layerSchema>[],
  more: Partial<z.input<typeof profileVersionSchema>> = {},
): ProfileVersion => profileVersionSchema.parse({ version: '1.0.0', layers, ...more });

/** The stack of one profile. */
export const alone = (version: ProfileVersion, name = 'p', path?: string): StackProfile[] => [
  { ref: { scope: 'tenant', name, version: version.version }, version, ...(path === undefined ? {} : { path }) },
];

export const configMap = (name: string, value = 'x'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  value: ${value}\n`;
