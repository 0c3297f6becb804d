import type { FieldCause } from '@slipway/kit';
import type { CloudAccountSpec } from '../cloud-account/cloud-account.ts';
import type { ClusterProfileSpec, ProfileVersion } from '../cluster-profile/cluster-profile.ts';
import { type MacroTable, type MacroValue, type Uses, usesIn, usesOf } from '../cluster-profile/macro-table.ts';
import { profileKindAt, type ProfileRef } from '../cluster-profile/profile-ref.ts';
import { profileText } from '../cluster-profile/profile-text.ts';
import { isPublished } from '../cluster-profile/published.ts';
import type { ClusterFact } from '../cluster-profile/cluster-facts.ts';
import type { ResolveInput } from '../cluster-profile/resolve-input.ts';
import type { StackProfile } from '../cluster-profile/stack.ts';
import { MACRO_FAMILY, type MacroSpec } from '../macro/macro.ts';
import { invalidField, listOf, unsupportedField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import { MASK } from '../meta/mask.ts';
import type { ApiObject } from '../meta/object.ts';
import { kindAt, scopeOfKind, SCOPES } from '../meta/scopes.ts';
import type { SecretValues } from '../meta/secret-fields.ts';
import type { SecretSpec } from '../secret/secret.ts';
import type { OverriddenStack } from '../overrides/merge-stack.ts';
import { laidOver } from '../overrides/standing.ts';
import type { ClusterSpec } from './cluster.ts';

/** What is read for a cluster's stack. */
export interface StackReads {
  get(kind: string, name: string, project?: string): Promise<ApiObject<any, any> | undefined>;
  /** The secret values of an object in clear. Absent where secrets are not opened: masks stand for them. */
  open?(object: ApiObject<any, any>): Promise<SecretValues>;
}

/** A cluster, stored or as it would be: before it is stored it may have no uid. */
export interface StackCluster {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined; readonly uid?: string | undefined };
  readonly spec: ClusterSpec;
}

export interface ClusterStack {
  /** What {@link resolve} takes, but for packs. */
  readonly input: ResolveInput;
  /** The profiles and add-ons as they are stored, in the same order as `input.profiles`. */
  readonly profiles: readonly ApiObject<ClusterProfileSpec>[];
  /** What the cluster names and is not there; `input` lacks it. */
  readonly causes: readonly FieldCause[];
}

/** Everything that says what a cluster is made of: its profiles where they live, macros by precedence, facts, and secrets where they are opened. */
export async function readClusterStack(cluster: StackCluster, tenant: string, reads: StackReads): Promise<ClusterStack> {
  const causes: FieldCause[] = [];
  const { spec } = cluster;
  const refs = [
    { ref: spec.profile, field: 'spec.profile' },
    ...spec.addons.map((ref, index) => ({ ref, field: `spec.addons[${index}]` })),
  ];
  const found: { profile: ApiObject<ClusterProfileSpec>; entry: StackProfile }[] = [];
  for (const named of refs) {
    const profile = await readProfile(cluster, named, { reads, causes });
    if (profile) found.push(profile);
  }
  const profiles = found.map(({ entry }) => entry);
  const own = usesIn([spec.variables, Object.values(spec.overrides).map(({ values }) => values)]);
  const uses = merged([own, ...profiles.map(({ version }) => usesOf(version))]);
  const overrides = laidOverLayers(spec.overrides, profiles);
  return {
    profiles: found.map(({ profile }) => profile),
    causes,
    input: {
      profiles,
      variables: spec.variables,
      secrets: await readSecrets(cluster, profiles, { reads, causes }),
      macros: await readMacros(uses.macros, cluster.metadata.namespace, reads),
      facts: await readFacts(uses.facts, { cluster, tenant, reads }),
      ...(overrides.length === 0 ? {} : { overrides: Object.fromEntries(overrides) }),
    },
  };
}

/** What a stack is with what its cluster wants otherwise: what moves of the cluster are judged by. */
export const overriddenStack = ({ input, profiles }: ClusterStack, { overrides }: Pick<ClusterSpec, 'overrides'>): OverriddenStack => ({
  profiles: input.profiles,
  stored: profiles,
  overrides,
});

/** Of overrides what holds with these versions; those of layers that are not there wait. */
const laidOverLayers = (overrides: ClusterSpec['overrides'], profiles: readonly StackProfile[]) =>
  Object.entries(overrides).flatMap(([name, override]) => {
    const owner = profiles.find(({ version }) => version.layers.some((layer) => layer.name === name));
    return owner === undefined ? [] : [[name, laidOver(override, owner.version.version)] as const];
  });

interface Reading {
  readonly reads: StackReads;
  readonly causes: FieldCause[];
}

const merged = (uses: readonly Uses[]): Uses => ({
  macros: [...new Set(uses.flatMap(({ macros }) => macros))],
  facts: [...new Set(uses.flatMap(({ facts }) => facts))],
});

/** The profile that a cluster of this project names, where the reference says that it lives. */
export const profileAt = (reads: StackReads, { scope, name }: Pick<ProfileRef, 'scope' | 'name'>, project: string | undefined) =>
  reads.get(profileKindAt(scope), name, scope === 'project' ? project : undefined) as Promise<ApiObject<ClusterProfileSpec> | undefined>;

async function readProfile(
  cluster: StackCluster,
  { ref, field }: { ref: ProfileRef; field: string },
  { reads, causes }: Reading,
): Promise<{ profile: ApiObject<ClusterProfileSpec>; entry: StackProfile } | undefined> {
  const profile = await profileAt(reads, ref, cluster.metadata.namespace);
  if (!profile) {
    const kind = profileKindAt(ref.scope);
    causes.push(invalidField(`${field}.name`, `there is no ${kind} "${ref.name}"; list them with: slipway get ${kind.toLowerCase()}s`));
    return undefined;
  }
  const version = profile.spec.versions.find((candidate) => candidate.version === ref.version);
  if (version && isPublished(version)) return { profile, entry: { ref, version } };
  causes.push(unsupportedField(`${field}.version`, versionMessage(ref, profile.spec.versions, version)));
  return undefined;
}

function versionMessage(ref: ProfileRef, versions: readonly ProfileVersion[], draft: ProfileVersion | undefined): string {
  const published = versions.filter(isPublished).map(({ version }) => version);
  if (draft)
    return `version ${ref.version} of profile "${ref.name}" is a draft; publish it with: slipway profile publish ${profileText(ref)}`;
  return `profile "${ref.name}" has no version ${ref.version}; it has: ${listOf(published)}`;
}

/** Of the scopes that have a macro of this name the narrowest counts. */
export async function readMacro(name: string, project: string | undefined, reads: StackReads): Promise<ApiObject<MacroSpec> | undefined> {
  for (const scope of SCOPES) {
    const found = await reads.get(kindAt(MACRO_FAMILY, scope), name, scope === 'project' ? project : undefined);
    if (found) return found as ApiObject<MacroSpec>;
  }
  return undefined;
}

async function readMacros(names: readonly string[], project: string | undefined, reads: StackReads): Promise<MacroTable> {
  const table: [string, MacroValue][] = [];
  for (const name of names) {
    const macro = await readMacro(name, project, reads);
    if (macro === undefined) continue;
    const secret = macro.spec.secretValue !== undefined;
    const value = secret ? (await reads.open?.(macro))?.['secretValue'] : macro.spec.value;
    table.push([name, { value, secret, scope: scopeOfKind(MACRO_FAMILY, macro.kind) }]);
  }
  return Object.fromEntries(table);
}

/** Only those that are asked for: clusters that differ in nothing else then share one answer. */
async function readFacts(
  names: readonly string[],
  { cluster, tenant, reads }: { cluster: StackCluster; tenant: string; reads: StackReads },
): Promise<Partial<Record<ClusterFact, string>>> {
  const { metadata, spec } = cluster;
  const account = names.includes('cloud')
    ? ((await reads.get('CloudAccount', spec.cloudAccount)) as ApiObject<CloudAccountSpec> | undefined)
    : undefined;
  const all: Partial<Record<ClusterFact, string | undefined>> = {
    name: metadata.name,
    project: metadata.namespace,
    tenant,
    uid: metadata.uid,
    cloud: account?.spec.cloud,
    cloudAccount: spec.cloudAccount,
    gateway: spec.gateway,
  };
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== undefined && names.includes(name)));
}

/** Undefined where secrets are not opened. */
async function readSecrets(
  cluster: StackCluster,
  profiles: readonly StackProfile[],
  { reads, causes }: Reading,
): Promise<Record<string, string> | undefined> {
  const { secretVariables, secretVariablesFrom } = cluster.spec;
  const asked = profiles.flatMap(({ version }) => version.variables.filter(({ type }) => type === 'secret').map(({ name }) => name));
  const values: Record<string, string> = {};
  for (const [name, { secret, key }] of Object.entries(secretVariablesFrom)) {
    const value = await readSecretKey({ name, secret, key, project: cluster.metadata.namespace }, { reads, causes });
    if (value !== undefined) values[name] = value;
  }
  if (reads.open === undefined) return undefined;
  const given = Object.entries(secretVariables).filter(([name]) => asked.includes(name));
  // What is written just now is not masked yet; what is stored has to be opened.
  const stored = given.some(([, value]) => value === MASK) ? await reads.open(cluster as ApiObject<ClusterSpec>) : {};
  for (const [name, value] of given) {
    const clear = value === MASK ? stored[`secretVariables/${name}`] : value;
    if (clear !== undefined) values[name] = clear;
  }
  return values;
}

async function readSecretKey(
  from: { name: string; secret: string; key: string; project: string | undefined },
  { reads, causes }: Reading,
): Promise<string | undefined> {
  const field = joinPath('spec.secretVariablesFrom', from.name);
  const object = (await reads.get('Secret', from.secret, from.project)) as ApiObject<SecretSpec> | undefined;
  if (object === undefined) {
    causes.push(invalidField(`${field}.secret`, `there is no Secret "${from.secret}" in project "${from.project}"`));
    return undefined;
  }
  if (!Object.hasOwn(object.spec.data, from.key)) {
    causes.push(
      invalidField(`${field}.key`, `Secret "${from.secret}" has no key "${from.key}"; it has: ${listOf(Object.keys(object.spec.data))}`),
    );
    return undefined;
  }
  const opened = (await reads.open?.(object))?.[`data/${from.key.replaceAll('~', '~0').replaceAll('/', '~1')}`];
  return opened === undefined ? undefined : Buffer.from(opened, 'base64').toString('utf8');
}
