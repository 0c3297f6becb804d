import type { FieldCause } from '@slipway/kit';
import type { ChartRef } from '../cluster-profile/resolved.ts';
import type { Values } from '../meta/merge-values.ts';
import type { KnownVersion } from './constraints.ts';
import type { PackInfo } from './pack-info.ts';

/** What is known of one version of a pack where somebody wants to use it. */
export type PackAnswer =
  | { readonly type: 'known'; readonly info: PackInfo }
  /** There is no registry of that name where the reference says. */
  | { readonly type: 'no-registry' }
  /** It is certain that it cannot be used: its registry has no such version, it is not what it was, it is not signed as it must be, it cannot be read. */
  | { readonly type: 'refused'; readonly message: string }
  /** Nobody can say now: the registry is away, and the version is not held here. */
  | { readonly type: 'away'; readonly message: string; readonly catalogued: KnownVersion | undefined };

/** What admission is told of the packs that layers are made of. For one write, or for several that are judged together: an answer is remembered for so long. */
export interface PackReads {
  /** Of the content that is used: what was seen first. `project` is where registries of a project are looked for. */
  info(ref: ChartRef, project: string | undefined): Promise<PackAnswer>;
  /** By pack name: the versions that registries in reach have, for advice. */
  versions(packs: readonly string[], project: string | undefined): Promise<Readonly<Record<string, readonly KnownVersion[]>>>;
  /** What is wrong with a layer's values by the schema of its pack; fields are paths in the values. */
  check(info: PackInfo, given: Values): Promise<readonly FieldCause[]>;
}
