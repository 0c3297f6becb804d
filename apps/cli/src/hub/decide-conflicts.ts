import { SlipwayError } from '@slipway/kit';
import {
  conflictName,
  conflictsIn,
  type Decisions,
  type LayerDecisions,
  type Outcome,
  type OverrideMerge,
  valueWords,
} from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { EXIT, Finished, UsageError } from '../exit.ts';

/** What was decided on the command line, by the conflict's name or, where only one layer has it, its path. */
export interface Choices {
  readonly keep: readonly string[];
  readonly take: readonly string[];
}

interface Named {
  readonly name: string;
  readonly merge: OverrideMerge;
  readonly conflict: Outcome;
}

/** What was decided, by the MachinePool whose it is; the cluster's own under an empty name. */
export type Decided = ReadonlyMap<string, LayerDecisions>;

/** Every conflict of a move decided: on the command line, or one by one on the terminal. Without a terminal what is left is shown, and it ends there. */
export async function decideConflicts(
  deps: Pick<CliDeps, 'io'>,
  cluster: string,
  merges: readonly OverrideMerge[],
  choices: Choices,
): Promise<Decided> {
  const conflicts = conflictsIn(merges).map((found): Named => ({ ...found, name: conflictName(found.merge, found.conflict.path) }));
  const given = choicesByName(conflicts, choices);
  const decided = new Map<string, Record<string, Decisions>>();
  const open: string[] = [];
  for (const [index, one] of conflicts.entries()) {
    const choice = given.get(one.name) ?? (await asked(deps, one, { number: index + 1, of: conflicts.length }));
    if (choice === undefined) open.push(one.name);
    else {
      const { pool = '', layer } = one.merge;
      const layers = decided.get(pool) ?? {};
      decided.set(pool, { ...layers, [layer]: { ...layers[layer], [one.conflict.path]: choice } });
    }
  }
  if (open.length > 0) {
    throw new SlipwayError(
      'Conflict',
      `Cluster "${cluster}" wants otherwise what the profile changed too: ${open.join(', ')}. Nothing was changed.`,
      { hint: `Decide each: --keep ${open[0]} for the cluster's value, --take ${open[0]} for the profile's.`, retryable: false },
    );
  }
  return decided;
}

function choicesByName(conflicts: readonly Named[], { keep, take }: Choices): Map<string, 'keep' | 'take'> {
  const chosen = new Map<string, 'keep' | 'take'>();
  for (const [choice, paths] of [
    ['keep', keep],
    ['take', take],
  ] as const) {
    for (const path of paths) {
      const { name } = theOne(conflicts, path);
      if (chosen.has(name) && chosen.get(name) !== choice) throw new UsageError(`"${path}" cannot be both kept and taken`);
      chosen.set(name, choice);
    }
  }
  return chosen;
}

function theOne(conflicts: readonly Named[], path: string): Named {
  const exact = conflicts.filter(({ name }) => name === path);
  const found = exact.length > 0 ? exact : conflicts.filter(({ conflict }) => conflict.path === path);
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one;
  const names = (one === undefined ? conflicts : found).map(({ name }) => name);
  const there = names.length === 0 ? 'There are no conflicts.' : `There are: ${names.join(', ')}.`;
  throw new UsageError(one === undefined ? `there is no conflict at "${path}"` : `several layers have "${path}"`, there);
}

/** Undefined when there is nobody to ask. */
async function asked(
  { io }: Pick<CliDeps, 'io'>,
  { merge, conflict }: Named,
  { number, of }: { number: number; of: number },
): Promise<'keep' | 'take' | undefined> {
  const rows = [
    [`${merge.from} had`, conflict.base],
    [`${merge.to} has`, conflict.theirs],
    [merge.pool === undefined ? 'the cluster wants' : 'the pool wants', conflict.mine],
  ] as const;
  io.say(
    [
      `${io.paint('bold', `Conflict ${number} of ${of}`)}: ${merge.pool === undefined ? '' : `pool ${merge.pool}, `}layer ${merge.layer}, ${conflict.path}`,
      ...rows.map(([words, value]) => `  ${words.padEnd(18)} ${valueWords(value)}`),
    ].join('\n'),
  );
  if (!io.interactive) return undefined;
  for (;;) {
    const answer = (await io.ask("Keep the cluster's or take the profile's? [keep/take/stop] ")).toLowerCase();
    if (answer === 'keep' || answer === 'k') return 'keep';
    if (answer === 'take' || answer === 't') return 'take';
    if (answer === 'stop' || answer === 's' || answer === '') {
      io.say('Not decided: nothing was changed.');
      throw new Finished(EXIT.failed);
    }
  }
}
