import type { FieldCause } from '@slipway/kit';
import { forbiddenField, invalidField, listOf } from '../meta/causes.ts';
import type { WantedCondition } from '../meta/conditions.ts';
import { joinPath } from '../meta/diff.ts';
import { conflictsIn } from './conflicts.ts';
import { type Orphan, type OverrideMerge, type Overrides, type OverriddenStack } from './merge-stack.ts';

/** Characters of a value that are told. */
const SHOWN = 200;

/** A value as a sentence holds it. */
export function valueWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

const below = (field: string, path: string): string => (path.startsWith('[') ? `${field}${path}` : `${field}.${path}`);

/** One cause per path that the profile and the cluster both changed, and about which nobody has decided. */
export function conflictCauses(merges: readonly OverrideMerge[]): FieldCause[] {
  return conflictsIn(merges).map(({ merge: { pool, layer, from, to }, conflict: { path, base, mine, theirs } }) => {
    const field = joinPath('spec.overrides', layer);
    const place = below(`${field}.values`, path);
    const [who, where] = pool === undefined ? ['this cluster', ''] : [`pool ${pool}`, ` in MachinePool "${pool}", before the move,`];
    const words =
      `${from} has ${valueWords(base)}, ${to} has ${valueWords(theirs)}, and ${who} wants ${valueWords(mine)}; ` +
      `decide${where} with ${joinPath(`${field}.decisions`, path)}: keep (its own) or take (the profile's), and ${field}.madeFor: ${to}`;
    return pool === undefined
      ? forbiddenField(place, `conflict: ${words}`)
      : forbiddenField('spec.profile.version', `conflict with ${place} of MachinePool "${pool}": ${words}`);
  });
}

/** Overrides of layers that there are not, written just now. One that says for which version it was made is known to wait for its layer. */
export function strayCauses({ profiles, overrides }: OverriddenStack, before: Overrides): FieldCause[] {
  const names = profiles.flatMap(({ version }) => version.layers.map(({ name }) => name));
  return Object.entries(overrides)
    .filter(([layer, { madeFor }]) => !names.includes(layer) && !Object.hasOwn(before, layer) && madeFor === undefined)
    .map(([layer]) => invalidField(joinPath('spec.overrides', layer), `there is no layer "${layer}"; there are: ${listOf(names)}`));
}

/** `layer db: replicas, image.tag` */
const orphanName = ({ pool, layer, paths }: Orphan): string => {
  const name = `${pool === undefined ? '' : `pool ${pool}, `}layer ${layer}`;
  return paths === undefined ? `${name} (the layer is not there)` : `${name}: ${paths.join(', ')}`;
};

/** What is said of overrides that the profile has no place for. */
export const orphanWords = (orphans: readonly Orphan[]): string =>
  `The profile has no such thing any more, so these overrides may mean nothing: ${orphans.map(orphanName).join('; ')}. They are kept, and hold again where the profile has it.`;

/** Said while an override has no place, and not otherwise; the cluster is as its profile says all the same, so it has no part in Ready. */
export const orphaned = (orphans: readonly Orphan[] = []): WantedCondition[] =>
  orphans.length === 0 ? [] : [{ type: 'OverridesFit', status: 'False', reason: 'Orphaned', message: orphanWords(orphans) }];
