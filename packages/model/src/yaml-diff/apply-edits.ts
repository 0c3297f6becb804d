import { SlipwayError } from '@slipway/kit';
import { splitPath } from '../meta/value-path.ts';
import type { Frame, YamlEdit } from './edits.ts';
import type { YamlEntry, YamlNode, YamlTree } from './tree.ts';

type Writable<T> = T extends readonly (infer Item)[]
  ? Writable<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Writable<T[K]> }
    : T;
type Tree = Writable<YamlTree>;
type Place = Writable<YamlNode>;

/** The tree with the edits made: `applyYaml(a, diffYaml(a, b))` is b. Throws `Invalid` for edits of another tree; the given tree stays as it is. */
export function applyYaml(tree: YamlTree, edits: readonly YamlEdit[]): YamlTree {
  const made = structuredClone(tree) as Tree;
  for (const edit of edits) make(made, structuredClone(edit));
  return made as YamlTree;
}

function make(tree: Tree, edit: YamlEdit): void {
  switch (edit.edit) {
    case 'change':
      return change(tree, edit);
    case 'remark':
      return remark(tree, edit);
    case 'order':
      return order(placeAt(tree, edit.path), edit);
    case 'add':
    case 'remove':
      return addOrRemove(tree, edit);
  }
}

const astray = (path: string): SlipwayError =>
  new SlipwayError('Invalid', `The edit of "${path}" leads nowhere: it is of another text.`, { retryable: false });

function stepsOf(path: string) {
  const steps = path === '' ? [] : splitPath(path);
  if (steps === undefined) throw astray(path);
  return steps;
}

function placeAt(tree: Tree, path: string, steps = stepsOf(path)): Place {
  return steps.reduce<Place>((place, step) => {
    const next =
      place.type === 'map'
        ? place.entries.find(({ key }) => key === step)?.value
        : place.type === 'list'
          ? place.items[Number(step)]
          : undefined;
    if (next === undefined) throw astray(path);
    return next;
  }, tree.root);
}

const parentAt = (tree: Tree, path: string): Place => placeAt(tree, path, stepsOf(path).slice(0, -1));
const entryAt = (tree: Tree, path: string): Writable<YamlEntry> | undefined => {
  const [last] = stepsOf(path).slice(-1);
  const parent = parentAt(tree, path);
  return parent.type === 'map' ? parent.entries.find(({ key }) => key === last) : undefined;
};

/** What it becomes, with the comments that are there: those are changed by edits of their own. */
function change(tree: Tree, { path, to }: Extract<YamlEdit, { edit: 'change' }>): void {
  const place = placeAt(tree, path);
  const { remarks } = place;
  for (const key of Object.keys(place)) Reflect.deleteProperty(place, key);
  const { remarks: _theirs, ...content } = to;
  Object.assign(place, content, remarks === undefined ? {} : { remarks });
}

function remark(tree: Tree, { path, to }: Extract<YamlEdit, { edit: 'remark' }>): void {
  const place = placeAt(tree, path);
  put(place, 'remarks', to.remarks);
  if (place.type !== 'scalar') put(place, 'flow', to.flow);
  if (path === '') {
    put(tree, 'remarks', to.document?.remarks);
    put(tree, 'start', to.document?.start);
    return;
  }
  const entry = entryAt(tree, path);
  if (entry === undefined) return;
  put(entry, 'style', to.key?.style);
  put(entry, 'remarks', to.key?.remarks);
}

function put(target: object, field: keyof Frame | 'style' | 'start', value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(target, field);
  else Reflect.set(target, field, value);
}

function order(place: Place, { path, to }: Extract<YamlEdit, { edit: 'order' }>): void {
  if (place.type !== 'map') throw astray(path);
  const byKey = new Map(place.entries.map((entry) => [entry.key, entry]));
  place.entries = to.map((key) => {
    const entry = byKey.get(key);
    if (entry === undefined) throw astray(path);
    return entry;
  });
}

function addOrRemove(tree: Tree, edit: Extract<YamlEdit, { edit: 'add' | 'remove' }>): void {
  const parent = parentAt(tree, edit.path);
  const [last] = stepsOf(edit.path).slice(-1);
  if (parent.type === 'scalar' || last === undefined) throw astray(edit.path);
  const items: unknown[] = parent.type === 'map' ? parent.entries : parent.items;
  if (edit.edit === 'add') {
    items.splice(edit.index, 0, edit.to);
    return;
  }
  const index = parent.type === 'map' ? parent.entries.findIndex(({ key }) => key === last) : Number(last);
  if (items[index] === undefined) throw astray(edit.path);
  items.splice(index, 1);
}
