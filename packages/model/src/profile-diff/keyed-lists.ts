import { SlipwayError } from '@slipway/kit';
import { deepEqual } from '../meta/diff.ts';
import { longestCommon } from '../yaml-diff/edits.ts';

/** What becomes of a list whose items have names. */
export interface ListChange<Item, Change> {
  readonly removed: readonly Item[];
  /** With the place where each will stand. */
  readonly added: readonly { readonly index: number; readonly item: Item }[];
  readonly changed: readonly Change[];
  /** Names whose place among the others is another one: as few as can be said. */
  readonly moved: readonly string[];
  /** All names as they will be ordered; only when something moved. */
  readonly order?: readonly string[];
}

interface Named {
  readonly name: string;
}

/** How two items of one name differ; undefined when they do not. */
type ChangeOf<Item, Change> = (from: Item, to: Item) => Change | undefined;

export function listChange<Item extends Named, Change>(
  from: readonly Item[],
  to: readonly Item[],
  changeOf: ChangeOf<Item, Change>,
): ListChange<Item, Change> {
  const [before, after] = [byName(from), byName(to)];
  const kept = { from: namesIn(from, after), to: namesIn(to, before) };
  const staying = new Set(longestCommon(kept.from, kept.to).map(([at]) => kept.from[at]));
  return {
    removed: from.filter(({ name }) => !after.has(name)),
    added: to.flatMap((item, index) => (before.has(item.name) ? [] : [{ index, item }])),
    changed: from.flatMap((item) => {
      const other = after.get(item.name);
      const change = other && changeOf(item, other);
      return change === undefined ? [] : [change];
    }),
    moved: kept.to.filter((name) => !staying.has(name)),
    ...(deepEqual(kept.from, kept.to) ? {} : { order: to.map(({ name }) => name) }),
  };
}

const byName = <Item extends Named>(items: readonly Item[]) => new Map(items.map((item) => [item.name, item]));
const namesIn = (items: readonly Named[], others: ReadonlyMap<string, unknown>) =>
  items.map(({ name }) => name).filter((name) => others.has(name));

export const isNoChange = ({ removed, added, changed, order }: ListChange<unknown, unknown>): boolean =>
  removed.length + added.length + changed.length === 0 && order === undefined;

/** The list as it will be. */
export function applyListChange<Item extends Named, Change extends Named>(
  items: readonly Item[],
  change: ListChange<Item, Change>,
  applyChange: (item: Item, change: Change) => Item,
): Item[] {
  const removed = new Set(change.removed.map(({ name }) => name));
  const changes = byName(change.changed);
  const made = items
    .filter(({ name }) => !removed.has(name))
    .map((item) => {
      const own = changes.get(item.name);
      return own === undefined ? item : applyChange(item, own);
    });
  for (const { index, item } of change.added) made.splice(index, 0, item);
  if (change.order === undefined) return made;
  const all = byName(made);
  return change.order.map((name) => {
    const item = all.get(name);
    if (item === undefined) throw new SlipwayError('Invalid', `The change orders "${name}", which is not there: it is of another version.`);
    return item;
  });
}
