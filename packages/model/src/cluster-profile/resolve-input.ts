import type { FieldCause } from '@slipway/kit';
import type { Values } from '../meta/merge-values.ts';
import type { PackInfo } from '../pack/pack-info.ts';
import type { MacroTable } from './macro-table.ts';
import type { ClusterFact } from './cluster-facts.ts';
import type { ChartRef } from './resolved.ts';
import type { StackProfile } from './stack.ts';
import type { VariableValue } from './variable.ts';

export interface ResolveInput {
  /** The cluster's profile, then its add-ons in their order. */
  readonly profiles: readonly StackProfile[];
  readonly variables: Readonly<Record<string, VariableValue>>;
  /** Path of the given variables in causes; `spec.variables` of a cluster unless told. */
  readonly variablesPath?: string;
  /** Values of secret variables. Undefined where they are not opened: masks stand for them, and they are not checked. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** The macros that the profiles use, as the cluster sees them. */
  readonly macros?: MacroTable;
  /** What is known of the cluster; what is not named is not known yet. */
  readonly facts?: Readonly<Partial<Record<ClusterFact, string>>>;
  /** What is known of packs, by {@link packKey}. */
  readonly packs?: ReadonlyMap<string, PackInfo>;
  /** What the cluster wants otherwise, by layer; of layers that there are not nothing comes. */
  readonly overrides?: Readonly<Record<string, Values>>;
}

/** Under which a pack version is found. */
export const packKey = ({ registry, registryScope, name, version }: ChartRef): string => `${registryScope}/${registry}/${name}@${version}`;

/** Causes as one sentence each. */
export const causesText = (causes: readonly FieldCause[]): string => causes.map((cause) => `${cause.field}: ${cause.message}`).join('; ');
