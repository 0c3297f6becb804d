import type { Answer, Answers, LayerAnswers } from './answers.ts';
import { conflictName } from './conflicts.ts';
import type { OverrideMerge } from './merge-stack.ts';
import type { Outcome } from './three-way.ts';

/** What a move asks about one path of an override: both changed it, or the profile has it no more. */
export interface Question {
  /** `db.replicas`, as {@link conflictName} has it. */
  readonly name: string;
  readonly about: 'conflict' | 'orphan';
  readonly merge: OverrideMerge;
  readonly outcome: Outcome;
}

/** Conflicts first, then what has no place any more. */
export function questionsOf(merges: readonly OverrideMerge[]): Question[] {
  const of = (about: Question['about']): Question[] =>
    merges.flatMap((merge) =>
      merge.paths
        .filter(({ outcome }) => outcome === about)
        .map((outcome) => ({ name: conflictName(merge, outcome.path), about, merge, outcome })),
    );
  return [...of('conflict'), ...of('orphan')];
}

/** What was said to questions, by their names, as a move takes it. That something without a place is kept is how it is without a word. */
export function answersOf(questions: readonly Question[], given: ReadonlyMap<string, Answer>): Answers {
  const answers = new Map<string, LayerAnswers>();
  for (const { name, about, merge, outcome } of questions) {
    const answer = given.get(name);
    if (answer === undefined || (about === 'orphan' && answer !== 'drop')) continue;
    const { pool = '', layer } = merge;
    const layers = answers.get(pool) ?? {};
    answers.set(pool, { ...layers, [layer]: { ...layers[layer], [outcome.path]: answer } });
  }
  return answers;
}
