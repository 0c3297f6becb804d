import { z } from 'zod';
import { keyedList } from '../meta/object.ts';
import { defineScopedKinds, SCOPES } from '../meta/scopes.ts';
import { admitProfile, admitProfileDelete } from './admit.ts';
import { layerSchema } from './layer.ts';
import { variableSchema } from './variable.ts';

const semverSchema = z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'must be a semantic version such as 1.2.0');

export const profileVersionSchema = z.strictObject({
  version: semverSchema,
  /** A draft can be changed and no cluster can use it; what is published stays as it is for ever. */
  state: z.enum(['draft', 'published']).default('published'),
  description: z.string().default(''),
  variables: keyedList(variableSchema, 'name').default([]),
  layers: keyedList(layerSchema, 'name').min(1),
});
export type ProfileVersion = z.infer<typeof profileVersionSchema>;

export const PROFILE_TYPES = ['full', 'infrastructure', 'addon'] as const;

export const clusterProfileSpecSchema = z.strictObject({
  displayName: z.string().max(200).optional(),
  description: z.string().default(''),
  /** `infrastructure` is what makes a cluster (os, kubernetes, cni, csi), `addon` what is laid on one, `full` both. */
  type: z.enum(PROFILE_TYPES).default('full'),
  /** The only cloud it is for, or `any`. */
  cloud: z.string().min(1).max(63).default('any'),
  /** Newest last is not required; semver decides. */
  versions: keyedList(profileVersionSchema, 'version').min(1),
});
export type ClusterProfileSpec = z.infer<typeof clusterProfileSpecSchema>;

/** A version that was published, by what it holds. */
const knownVersionSchema = z.object({
  version: z.string(),
  /** sha256 of its content: the same in every copy, export and artefact. */
  hash: z.string(),
});

export const clusterProfileStatusSchema = z.object({
  /** The newest published version. */
  latest: z.string().optional(),
  /** Clusters of this tenant; not told of a profile of the installation, because every tenant reads it. */
  inUseBy: z.number().int().optional(),
  published: keyedList(knownVersionSchema, 'version').default([]),
  /** Published versions that are gone: none of them comes back with another content. */
  removed: keyedList(knownVersionSchema, 'version').default([]),
});
export type ClusterProfileStatus = z.infer<typeof clusterProfileStatusSchema>;

export const clusterProfileKinds = defineScopedKinds<ClusterProfileSpec, ClusterProfileStatus>({
  kind: 'ClusterProfile',
  plural: 'clusterprofiles',
  scopes: SCOPES,
  shortNames: ['cprof'],
  description: 'A versioned stack of layers that says what a cluster is made of, from the operating system to the last add-on.',
  spec: clusterProfileSpecSchema,
  status: clusterProfileStatusSchema,
  admit: admitProfile,
  admitDelete: admitProfileDelete,
  columns: [
    { name: 'TYPE', value: (profile) => profile.spec.type },
    { name: 'VERSIONS', value: (profile) => profile.spec.versions.map(versionLabel).join(',') },
    { name: 'LAYERS', type: 'integer', value: (profile) => profile.spec.versions.at(-1)?.layers.length },
    { name: 'CLOUD', wide: true, value: (profile) => profile.spec.cloud },
  ],
});

const versionLabel = ({ version, state }: ProfileVersion): string => (state === 'draft' ? `${version} (draft)` : version);
