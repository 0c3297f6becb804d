import type { ClusterProfileSpec, ProfileVersion } from '../cluster-profile/cluster-profile.ts';
import { rawValues } from '../cluster-profile/layer-values.ts';
import { sameProfile } from '../cluster-profile/profile-text.ts';
import { pathOf, type StackProfile } from '../cluster-profile/stack.ts';
import type { Decisions, LayerOverride } from '../cluster/layer-override.ts';
import { deepEqual } from '../meta/diff.ts';
import { maskValue } from '../meta/mask.ts';
import type { Values } from '../meta/merge-values.ts';
import { decidedFor, knownVersionsOf, takenAt } from './standing.ts';
import { hasPath, type Outcome, outcomesOf, pathsOf } from './three-way.ts';

export type Overrides = Readonly<Record<string, LayerOverride>>;

/** What a cluster is made of, with every version of its profiles, and what it wants otherwise. */
export interface OverriddenStack {
  readonly profiles: readonly StackProfile[];
  /** As they are stored, in the same order. */
  readonly stored: readonly { readonly spec: ClusterProfileSpec }[];
  readonly overrides: Overrides;
}

/** What becomes of one override when its cluster gets another version of the profile. Values that look secret are masked. */
export interface OverrideMerge {
  /** The MachinePool whose override it is; absent when it is the cluster's. */
  readonly pool?: string;
  readonly layer: string;
  /** The version whose values the override is compared with; the cluster's own before the move unless the override was made for another. */
  readonly from: string;
  /** The version that the cluster has before. */
  readonly at: string;
  readonly to: string;
  /** The profile has no such layer any more: the override waits until it comes back. */
  readonly gone?: true;
  readonly paths: readonly Outcome[];
}

/** What of an override has no effect now: all of it when the layer is not there, else these paths. */
export interface Orphan {
  /** The MachinePool whose override it is; absent when it is the cluster's. */
  readonly pool?: string;
  readonly layer: string;
  /** Absent when the whole layer is not there. */
  readonly paths?: readonly string[];
}

interface PlacedLayer {
  readonly profile: StackProfile;
  readonly versions: readonly ProfileVersion[];
}

/**
 * Every override that is carried over to another version of its layer's profile. One that is written in the same change is made for the new version, and one whose layer keeps
 * its version is not carried anywhere.
 */
export function mergeOverrides(before: OverriddenStack, after: OverriddenStack): OverrideMerge[] {
  return Object.entries(after.overrides).flatMap(([layer, override]) => {
    const was = Object.hasOwn(before.overrides, layer) ? before.overrides[layer] : undefined;
    const [old, next] = [placeOf(before, layer), placeOf(after, layer)];
    if (was === undefined) return [];
    if (next === undefined) return old === undefined ? [] : [goneMerge({ layer, was, override, old })];
    if (old !== undefined && sameProfile(old.profile.ref, next.profile.ref) && versionOf(old) === versionOf(next)) return [];
    return [carried({ layer, was, override, old, next })];
  });
}

/** A pool as far as it wants something otherwise. */
export interface OverridingPool {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly overrides: Overrides };
}

type StackOnly = Pick<OverriddenStack, 'profiles' | 'stored'>;

/** The same for what the pools of a cluster want otherwise, when the cluster is moved. `was`: the pools before the same change. */
export const mergePoolOverrides = (
  before: StackOnly,
  after: StackOnly,
  { pools, was }: { readonly pools: readonly OverridingPool[]; readonly was: readonly OverridingPool[] },
): OverrideMerge[] =>
  pools.flatMap(({ metadata: { name }, spec: { overrides } }) => {
    const old = was.find(({ metadata }) => metadata.name === name)?.spec.overrides ?? {};
    return mergeOverrides({ ...before, overrides: old }, { ...after, overrides }).map((merge) => ({ pool: name, ...merge }));
  });

/** What of the overrides of pools has no effect. */
export const orphansOfPools = (stack: StackOnly, pools: readonly OverridingPool[]): Orphan[] =>
  pools.flatMap(({ metadata: { name }, spec: { overrides } }) =>
    orphansOf({ ...stack, overrides }).map((orphan) => ({ pool: name, ...orphan })),
  );

const versionOf = ({ profile }: PlacedLayer): string => profile.version.version;

function placeOf({ profiles, stored }: OverriddenStack, layer: string): PlacedLayer | undefined {
  const index = profiles.findIndex(({ version }) => version.layers.some(({ name }) => name === layer));
  const profile = profiles[index];
  return profile && { profile, versions: stored[index]?.spec.versions ?? [profile.version] };
}

interface Carried {
  readonly layer: string;
  readonly was: LayerOverride;
  readonly override: LayerOverride;
  readonly old: PlacedLayer | undefined;
  readonly next: PlacedLayer;
}

function goneMerge({ layer, was, override, old }: Omit<Carried, 'next' | 'old'> & { readonly old: PlacedLayer }): OverrideMerge {
  const at = versionOf(old);
  const shown = outcomesOf({ base: {}, override: override.values, theirs: {} }, (values) => maskValue(values) as Values);
  const paths = shown.map(({ path, mine }): Outcome => ({ path, mine, outcome: 'orphan' }));
  return { layer, from: was.madeFor ?? at, at, to: '', gone: true, paths };
}

function carried({ layer, was, override, old, next }: Carried): OverrideMerge {
  const to = versionOf(next);
  const theirs = valuesOf(next, layer, to) ?? {};
  const { from, base } = baseOf({ layer, was, old, next, theirs });
  const paths = outcomesOf(
    { base, theirs, override: override.values, decisions: decisionsFor({ was, override, old, next }) },
    (values) => maskValue(values) as Values,
  );
  return { layer, from, at: old ? versionOf(old) : from, to, paths };
}

/** What the override is compared with. Where it is known to have been made for the new version, nothing is left to compare. */
function baseOf({ layer, was, old, next, theirs }: Omit<Carried, 'override'> & { readonly theirs: Values }): {
  from: string;
  base: Values;
} {
  const to = versionOf(next);
  const home = old ?? next;
  const same = sameProfile(home.profile.ref, next.profile.ref);
  if (same && decidedFor(was, to) !== undefined) return { from: to, base: theirs };
  const made = was.madeFor === undefined ? undefined : valuesOf(home, layer, was.madeFor);
  if (made !== undefined) return { from: was.madeFor ?? '', base: made };
  // A layer that comes back without a word about the version it had: nothing was there to compare with.
  return old === undefined ? { from: to, base: theirs } : { from: versionOf(old), base: valuesOf(old, layer, versionOf(old)) ?? {} };
}

/** Decisions count for the version that they were made for, and what was given back to the profile stays given back. */
function decisionsFor({ was, override, old, next }: Omit<Carried, 'layer'>): Decisions {
  const to = versionOf(next);
  const same = sameProfile((old ?? next).profile.ref, next.profile.ref);
  // Another profile counts its versions for itself: what was decided for a version of the one before is no decision about this one.
  if (!same && deepEqual(was, override)) return {};
  return decidedFor(override, to) ?? takenAt(was, to);
}

/** Values that a version of a profile gives a layer, before anybody's override; undefined when it has no such layer. */
function valuesOf({ profile, versions }: PlacedLayer, layer: string, version: string): Values | undefined {
  const found = version === profile.version.version ? profile.version : versions.find((candidate) => candidate.version === version);
  const own = found?.layers.find(({ name }) => name === layer);
  if (found === undefined || own === undefined) return undefined;
  const of = { ...profile, version: found };
  return rawValues({ layer: own, profile: of, path: pathOf(of) }, undefined, undefined, []).given;
}

/** What of the overrides has no effect in what the cluster is made of now. */
export function orphansOf(stack: OverriddenStack): Orphan[] {
  return Object.entries(stack.overrides).flatMap(([layer, override]) => {
    const place = placeOf(stack, layer);
    if (place === undefined) return [{ layer }];
    const now = valuesOf(place, layer, versionOf(place)) ?? {};
    const before = knownVersionsOf(override).map((version) => valuesOf(place, layer, version) ?? {});
    const taken = takenAt(override, versionOf(place));
    const paths = pathsOf(override.values).filter(
      (path) =>
        !Object.hasOwn(taken, path) &&
        !hasPath(now, override.values, path) &&
        before.some((values) => hasPath(values, override.values, path)),
    );
    return paths.length === 0 ? [] : [{ layer, paths }];
  });
}
