import type { FieldCause } from '@slipway/kit';
import { duplicateField, invalidField } from '../meta/causes.ts';
import { deepEqual, joinPath } from '../meta/diff.ts';
import type { PROFILE_TYPES, ProfileVersion } from './cluster-profile.ts';
import type { Layer } from './layer.ts';
import type { ProfileRef } from './profile-ref.ts';
import { profileText } from './profile-text.ts';
import type { Variable } from './variable.ts';

export type ProfileType = (typeof PROFILE_TYPES)[number];

/** One profile version of those that a cluster is made of. */
export interface StackProfile {
  readonly ref: ProfileRef;
  readonly version: ProfileVersion;
  /** Path of the version in causes: `spec.versions[0]`. Unless told: `profile name@version`. */
  readonly path?: string;
}

/** One layer of the stack: where it is written, and whose it is. */
export interface StackLayer {
  readonly layer: Layer;
  readonly profile: StackProfile;
  /** `profile starter@1.0.0.layers[2]` */
  readonly path: string;
}

export const pathOf = ({ path, ref }: StackProfile): string => path ?? `profile ${profileText(ref)}`;

/** Layers of a stack at most. */
export const MAX_LAYERS = 200;

/** Every layer of every profile, in the order they are written. Names are unique in the whole: charts are installed under them. */
export function stackLayers(profiles: readonly StackProfile[], causes: FieldCause[]): StackLayer[] {
  const layers = profiles.flatMap((profile) =>
    profile.version.layers.map((layer, index) => ({ layer, profile, path: joinPath(`${pathOf(profile)}.layers`, index) })),
  );
  const seen = new Map<string, StackLayer>();
  for (const entry of layers) {
    const twin = seen.get(entry.layer.name);
    if (twin === undefined) seen.set(entry.layer.name, entry);
    else causes.push(duplicateField(`${entry.path}.name`, twinMessage(entry, twin)));
  }
  const [last] = layers.slice(-1);
  if (layers.length > MAX_LAYERS && last)
    causes.push(invalidField(last.path, `is layer ${layers.length}; a cluster has at most ${MAX_LAYERS}`));
  return layers;
}

function twinMessage({ layer, profile }: StackLayer, twin: StackLayer): string {
  if (twin.profile === profile) return `there is already a layer "${layer.name}"`;
  return `"${layer.name}" is a layer of ${profileText(twin.profile.ref)} too; rename it in one of the two`;
}

/** The variables of all profiles. Two may declare the same one, if they mean the same by it: a cluster gives it once. */
export function stackVariables(profiles: readonly StackProfile[], causes: FieldCause[]): Declared[] {
  const found = new Map<string, Declared>();
  for (const profile of profiles) {
    for (const [index, variable] of profile.version.variables.entries()) {
      const path = joinPath(`${pathOf(profile)}.variables`, index);
      const twin = found.get(variable.name);
      if (twin === undefined) found.set(variable.name, { variable, path, profile });
      else if (twin.profile !== profile && !deepEqual(meaning(twin.variable), meaning(variable))) {
        const [a, b] = [twin.profile, profile].map(({ ref }) => profileText(ref));
        causes.push(
          duplicateField(
            path,
            `${a} and ${b} declare the variable "${variable.name}" differently, and a cluster gives it one value; rename it in one of them`,
          ),
        );
      }
    }
  }
  return [...found.values()];
}

export interface Declared {
  readonly variable: Variable;
  /** Where it is declared. */
  readonly path: string;
  readonly profile: StackProfile;
}

const meaning = ({ displayName: _title, description: _text, ...rest }: Variable) => rest;
