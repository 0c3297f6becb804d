import type { Decisions, LayerOverride } from '../cluster/layer-override.ts';
import { splitPath, withoutValueAt, withValueAt } from '../meta/value-path.ts';
import { type LayerDecisions, movedOverrides } from './move.ts';
import type { OverrideMerge, Overrides } from './merge-stack.ts';

/** What somebody says of one path of an override: it stays, the profile's is taken, it goes, or it becomes another value. */
export type Answer = 'keep' | 'take' | 'drop' | { readonly value: unknown };

/** By layer and path. */
export type LayerAnswers = Readonly<Record<string, Readonly<Record<string, Answer>>>>;

/** By the MachinePool whose they are; the cluster's own under an empty name. */
export type Answers = ReadonlyMap<string, LayerAnswers>;

/** As the override remembers it: another value is kept like the one before it, and what goes leaves nothing to decide. */
export const decisionsOf = (answers: LayerAnswers): LayerDecisions =>
  Object.fromEntries(
    Object.entries(answers).map(([layer, paths]) => [
      layer,
      Object.fromEntries(
        Object.entries(paths).flatMap(([path, answer]): [string, Decisions[string]][] =>
          answer === 'drop' ? [] : [[path, answer === 'take' ? 'take' : 'keep']],
        ),
      ),
    ]),
  );

/** The overrides with other values where somebody typed one, and without what somebody let go. An override that nothing is left of goes too. */
export function answeredValues(overrides: Overrides, answers: LayerAnswers): Record<string, LayerOverride> {
  return Object.fromEntries(
    Object.entries(overrides).flatMap(([layer, override]) => {
      const changes = Object.entries(answers[layer] ?? {}).filter(([, answer]) => answer !== 'keep' && answer !== 'take');
      if (changes.length === 0) return [[layer, override]];
      const values = changes.reduce<unknown>(
        (now, [path, answer]) => answered(now, path, answer),
        override.values,
      ) as LayerOverride['values'];
      return Object.keys(values).length === 0 ? [] : [[layer, { ...override, values }]];
    }),
  );
}

function answered(values: unknown, path: string, answer: Answer): unknown {
  const steps = splitPath(path) ?? [path];
  return typeof answer === 'object' ? withValueAt(values, steps, answer.value) : pruned(values, steps);
}

/** Without what is there, and without maps that are empty for it. */
function pruned(values: unknown, steps: readonly (string | number)[]): unknown {
  const without = withoutValueAt(values, steps);
  const above = steps.slice(0, -1);
  const left = above.reduce<unknown>((at, step) => (at as Record<string | number, unknown> | undefined)?.[step], without);
  return above.length > 0 && Object.keys(left ?? {}).length === 0 ? pruned(without, above) : without;
}

/** The overrides as they are written with a move, everything answered. */
export const answeredOverrides = (
  overrides: Overrides,
  merges: readonly OverrideMerge[],
  answers: LayerAnswers = {},
): Record<string, LayerOverride> => answeredValues(movedOverrides(overrides, merges, decisionsOf(answers)), answers);
