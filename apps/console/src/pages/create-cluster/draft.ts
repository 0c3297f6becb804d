import type { NewObject, ProfileRef, Variable, VariableValue } from '@slipway/model';
import { parse } from 'yaml';
import type { StepName } from '../../paths.ts';
import { editYaml } from '../../yaml/edit-yaml.ts';
import type { FieldProblem } from '../../yaml/yaml-editor.tsx';

/** A cluster that somebody is about to make: its objects as YAML, so that forms, reviews and copies are of one text. */
export interface Draft {
  readonly cluster: string;
  readonly pools: readonly string[];
  /** What was filled in for profiles that are not chosen now, so that choosing one again gives it back. */
  readonly putBy: Readonly<Record<string, Filled>>;
}

/** What of a cluster depends on its profile's variables. */
interface Filled {
  readonly variables?: Readonly<Record<string, VariableValue>> | undefined;
  readonly secretVariables?: Readonly<Record<string, string>> | undefined;
}

interface ClusterText {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: Filled & {
    readonly profile?: ProfileRef;
    readonly cloudAccount?: string;
    readonly gateway?: string;
    readonly controlPlane?: { readonly replicas?: number; readonly size?: Size };
  };
}
export interface Size {
  readonly cpu?: number;
  readonly memoryMiB?: number;
}
export interface PoolText {
  readonly spec?: { readonly pool?: string; readonly replicas?: number; readonly size?: Size };
}

export const read = <T>(text: string): T => (parse(text) ?? {}) as T;
export const clusterOf = (draft: Draft): ClusterText => read<ClusterText>(draft.cluster);

/** As `slipway create cluster` begins: one control plane and one worker. */
export const freshDraft = (project: string): Draft => ({
  cluster: `apiVersion: slipway.dev/v1\nkind: Cluster\nmetadata:\n  name: ''\n  namespace: ${project}\nspec:\n  cloudAccount: local\n  gateway: local\n  controlPlane:\n    replicas: 1\n`,
  pools: [poolText('workers')],
  putBy: {},
});

export const poolText = (pool: string): string => `spec:\n  pool: ${pool}\n  replicas: 1\n`;

/** A name for one more pool that no pool has. */
export function freePoolName(draft: Draft): string {
  const taken = new Set(draft.pools.map((text) => read<PoolText>(text).spec?.pool));
  for (let number = 2; ; number++) if (!taken.has(`workers-${number}`)) return `workers-${number}`;
}

const keyOf = ({ scope, name }: ProfileRef): string => `${scope}/${name}`;

/** The draft with another profile or version: what fits its variables goes along, the rest is put by and comes back with the profile it was for. */
export function withProfile(draft: Draft, profile: ProfileRef, declared: readonly Variable[]): Draft {
  const { spec = {} } = clusterOf(draft);
  const names = new Set(declared.map(({ name }) => name));
  const before = { variables: spec.variables ?? {}, secretVariables: spec.secretVariables ?? {} };
  const back = spec.profile !== undefined && keyOf(spec.profile) === keyOf(profile) ? {} : (draft.putBy[keyOf(profile)] ?? {});
  const putBy = spec.profile === undefined ? draft.putBy : { ...draft.putBy, [keyOf(spec.profile)]: before };
  const known = <T>(values: Readonly<Record<string, T>>): Record<string, T> | undefined => {
    const kept = Object.entries(values).filter(([name]) => names.has(name));
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  };
  let cluster = editYaml(draft.cluster, ['spec', 'profile'], profile);
  for (const part of ['variables', 'secretVariables'] as const)
    cluster = editYaml(cluster, ['spec', part], known<VariableValue>({ ...before[part], ...back[part] }));
  return { ...draft, cluster, putBy };
}

/** Stands for a name that is not given yet, so that the hub can be asked about everything else. */
export const NAMELESS = 'unnamed';

/** The objects as they are sent: pools carry the cluster's name in front of theirs. */
export function objectsOf(draft: Draft): { readonly cluster: NewObject; readonly pools: NewObject[] } {
  const { metadata = {}, ...rest } = clusterOf(draft);
  const name = metadata.name === undefined || metadata.name === '' ? NAMELESS : metadata.name;
  const { namespace = 'default' } = metadata;
  const cluster = { apiVersion: 'slipway.dev/v1', ...rest, kind: 'Cluster', metadata: { name, namespace } } as NewObject;
  const pools = draft.pools.map((text): NewObject => {
    const { spec = {} } = read<PoolText>(text);
    const metadataOfPool = { name: `${name}-${spec.pool ?? ''}`, namespace };
    return { apiVersion: 'slipway.dev/v1', kind: 'MachinePool', metadata: metadataOfPool, spec: { cluster: name, ...spec } } as NewObject;
  });
  return { cluster, pools };
}

/** Something that is wrong, and with which object: the cluster, or the pool of this number. */
export interface DraftProblem extends FieldProblem {
  readonly pool?: number;
}

/** What can be told without asking the hub, which is then not asked. */
export function ownProblems(draft: Draft): DraftProblem[] {
  const { metadata, spec } = clusterOf(draft);
  const names = draft.pools.map((text) => read<PoolText>(text).spec?.pool ?? '');
  return [
    ...(spec?.profile === undefined ? [{ field: 'spec.profile', message: 'Choose what the cluster is made of.' }] : []),
    ...((metadata?.name ?? '') === '' ? [{ field: 'metadata.name', message: 'Give the cluster a name.' }] : []),
    ...names.flatMap((name, pool) =>
      names.indexOf(name) === pool ? [] : [{ pool, field: 'spec.pool', message: `There is another pool "${name}".` }],
    ),
  ];
}

/** The step at which a problem can be mended. */
export function stepOf({ field, pool }: DraftProblem): StepName {
  if (pool !== undefined || field === 'quota' || field.startsWith('spec.controlPlane')) return 'pools';
  if (/^spec\.(variables|secretVariables)/.test(field)) return 'variables';
  if (/^metadata|^spec\.(cloudAccount|gateway)/.test(field)) return 'infrastructure';
  return /^spec\.(profile|addons|overrides)/.test(field) ? 'profile' : 'review';
}
