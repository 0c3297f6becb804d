import type { ProfileVersion } from '../cluster-profile/cluster-profile.ts';
import { usesOf } from '../cluster-profile/macro-table.ts';
import type { Scope } from '../meta/scopes.ts';

/** What a version refers to and does not bring along: it must be there where the version is to be used. */
export interface ProfileNeeds {
  readonly packs: readonly { readonly registry: string; readonly scope: Scope; readonly name: string; readonly version: string }[];
  readonly macros: readonly string[];
  /** Given by each cluster; a profile holds no secret. */
  readonly secretVariables: readonly string[];
}

export function needsOf(version: ProfileVersion): ProfileNeeds {
  return {
    packs: version.layers.flatMap(({ chart }) =>
      chart === undefined ? [] : [{ registry: chart.registry, scope: chart.registryScope, name: chart.name, version: chart.version }],
    ),
    macros: usesOf(version).macros,
    secretVariables: version.variables.filter(({ type }) => type === 'secret').map(({ name }) => name),
  };
}

/** One line for each thing. */
export const needsLines = ({ packs, macros, secretVariables }: ProfileNeeds): string[] => [
  ...packs.map(({ registry, scope, name, version }) => `pack ${name} ${version} of the registry ${registry} (${scope})`),
  ...macros.map((name) => `macro ${name}`),
  ...secretVariables.map((name) => `secret variable ${name}, which each cluster gives`),
];
