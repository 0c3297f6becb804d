import { SlipwayError } from '@slipway/kit';
import { type Answer, type Answers, answersOf, type OverrideMerge, type Question, questionsOf, valueWords } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { EXIT, Finished, UsageError } from '../exit.ts';

/** What was said on the command line, by the name of what is asked or, where only one layer has it, its path. */
export interface Choices {
  readonly keep: readonly string[];
  readonly take: readonly string[];
  /** `db.replicas=3`: another value, as YAML. */
  readonly set?: readonly string[];
  /** What the profile has no more, and is to go. */
  readonly drop?: readonly string[];
}

/** Every conflict of a move decided: on the command line, or one by one on the terminal. Without a terminal what is left is shown, and it ends there. What has no place any more is kept unless it is said to go. */
export async function decideConflicts(
  deps: Pick<CliDeps, 'io'>,
  cluster: string,
  merges: readonly OverrideMerge[],
  choices: Choices,
): Promise<Answers> {
  const questions = questionsOf(merges);
  const conflicts = questions.filter(({ about }) => about === 'conflict');
  const given = await answersGiven(questions, choices);
  const open: string[] = [];
  for (const [index, one] of conflicts.entries()) {
    const answer = given.get(one.name) ?? (await asked(deps, one, { number: index + 1, of: conflicts.length }));
    if (answer === undefined) open.push(one.name);
    else given.set(one.name, answer);
  }
  if (open.length > 0) {
    throw new SlipwayError(
      'Conflict',
      `Cluster "${cluster}" wants otherwise what the profile changed too: ${open.join(', ')}. Nothing was changed.`,
      {
        hint: `Decide each: --keep ${open[0]} for the cluster's value, --take ${open[0]} for the profile's, --set ${open[0]}=… for another.`,
        retryable: false,
      },
    );
  }
  return answersOf(questions, given);
}

async function answersGiven(questions: readonly Question[], { keep, take, set = [], drop = [] }: Choices): Promise<Map<string, Answer>> {
  const conflicts = questions.filter(({ about }) => about === 'conflict');
  const orphans = questions.filter(({ about }) => about === 'orphan');
  const chosen = new Map<string, Answer>();
  const choose = (among: readonly Question[], path: string, answer: Answer): void => {
    const { name } = theOne(among, path);
    const before = chosen.get(name);
    if (before !== undefined && before !== answer) throw new UsageError(`"${path}" is decided twice, and not the same`);
    chosen.set(name, answer);
  };
  for (const path of keep) choose(conflicts, path, 'keep');
  for (const path of take) choose(conflicts, path, 'take');
  for (const path of drop) choose(orphans, path, 'drop');
  for (const text of set) {
    const [path, value] = await valueOf(text);
    choose(conflicts, path, { value });
  }
  return chosen;
}

/** `db.replicas=3`; what stands in quotes belongs to the path. */
const SET = /^((?:"(?:[^"\\]|\\.)*"|[^="])+)=([^]*)$/;

async function valueOf(text: string): Promise<[path: string, value: unknown]> {
  const [, path, value = ''] = SET.exec(text) ?? [];
  if (path === undefined) throw new UsageError(`"${text}" is no path with a value`, 'Write it like db.replicas=3.');
  const { parse } = await import('yaml');
  const parsed: unknown = parse(value);
  if (parsed === null || parsed === undefined)
    throw new UsageError(`"${text}" has no value`, 'To be rid of an override, take the profile’s: --take.');
  return [path, parsed];
}

function theOne(questions: readonly Question[], path: string): Question {
  const exact = questions.filter(({ name }) => name === path);
  const found = exact.length > 0 ? exact : questions.filter(({ outcome }) => outcome.path === path);
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one;
  const names = (one === undefined ? questions : found).map(({ name }) => name);
  const there = names.length === 0 ? 'There are none.' : `There are: ${names.join(', ')}.`;
  throw new UsageError(one === undefined ? `nothing is asked about "${path}"` : `several layers have "${path}"`, there);
}

/** Undefined when there is nobody to ask. */
async function asked(
  { io }: Pick<CliDeps, 'io'>,
  { merge, outcome: conflict }: Question,
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
