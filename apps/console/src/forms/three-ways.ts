import { deepEqual, type FieldDiff, fieldDiff, splitPath, valueAt } from '@slipway/model/browser';
import { parse } from 'yaml';
import { editYaml } from '../yaml/edit-yaml.ts';

/** Two people changed one object: what each did since the version that both began with. */
export interface ThreeWays {
  readonly mine: readonly FieldDiff[];
  readonly theirs: readonly FieldDiff[];
  /** Fields that both changed, to different things. */
  readonly conflicts: readonly FieldDiff[];
}

const edited = ({ metadata: { labels, annotations } = {}, spec }: any): object => ({ metadata: { labels, annotations }, spec });

/** What of their object and mine differs from what both began with; only what people edit counts. */
export function threeWays(base: string, theirs: string, mine: string): ThreeWays {
  const [from, there, here] = [base, theirs, mine].map((text) => edited(parse(text) ?? {})) as [object, object, object];
  const [my, their] = [fieldDiff(from, here), fieldDiff(from, there)];
  const conflicts = my.filter(({ path, to }) => {
    const steps = splitPath(path) ?? [];
    const touched = their.some((other) => related(other.path, path));
    return touched && !deepEqual(valueAt(there, steps), to);
  });
  return { mine: my, theirs: their, conflicts };
}

const related = (a: string, b: string): boolean => {
  const [one, two] = [splitPath(a) ?? [], splitPath(b) ?? []];
  return one.slice(0, two.length).every((step, index) => step === two[index]);
};

/**
 * What to do with a text that the hub refused because the object was written meanwhile: the hub itself writes too (what it saw of a registry, say), and then nobody has anything to decide.
 * Undefined: somebody changed what people edit.
 */
export function onNewVersion(base: string, theirs: string, mine: string): string | undefined {
  if (threeWays(base, theirs, mine).theirs.length > 0) return undefined;
  const version = valueAt(parse(theirs), ['metadata', 'resourceVersion']);
  return editYaml(mine, ['metadata', 'resourceVersion'], version);
}

/** My changes on top of their text, which keeps the rest of it. */
export function mineOnTheirs(theirs: string, ways: ThreeWays): string {
  // From behind, so that what goes from a list does not move what is still to be changed.
  return ways.mine.toReversed().reduce((text, { path, to }) => editYaml(text, splitPath(path) ?? [], to), theirs);
}
