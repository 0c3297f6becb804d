import { canonicalJson } from '@slipway/kit';
import { emptySet, type FieldPath, type FieldSet, insert } from './field-set.ts';
import { fieldShape, formOf, isMap, itemElement, type ListShape, type MapShape, type Shape } from './shape.ts';

/** The fields a value has: scalars, atomic lists and maps, list items, keys of free maps, and empty or null fields. */
export function fieldsOf(shape: Shape, value: unknown): FieldSet {
  const set = emptySet();
  collect(set, shape, value, []);
  return set;
}

function collect(set: FieldSet, shape: Shape, value: unknown, path: FieldPath): void {
  const form = formOf(shape, value);
  if (form === 'scalar') insert(set, path);
  else if (form === 'list') collectItems(set, shape.list as ListShape, value, path);
  else collectMap(set, shape.map as MapShape, value, path);
}

function collectMap(set: FieldSet, map: MapShape, value: unknown, path: FieldPath): void {
  if (map.atomic) return insert(set, path);
  for (const [key, item] of Object.entries(isMap(value) ? value : {})) {
    if (item === undefined) continue;
    const here = [...path, `f:${key}`];
    collect(set, fieldShape(map, key), item, here);
    if (item === null || (isMap(item) && Object.keys(item).length === 0) || !map.fields.has(key)) insert(set, here);
  }
}

function collectItems(set: FieldSet, list: ListShape, value: unknown, path: FieldPath): void {
  if (list.type === 'atomic') return insert(set, path);
  for (const [element, items] of itemsByElement(list, value)) {
    // Items that cannot be told apart are owned together.
    if (items.length === 1) collect(set, list.item, items[0], [...path, element]);
    insert(set, [...path, element]);
  }
}

export function itemsByElement(list: ListShape, value: unknown): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of Array.isArray(value) ? value : []) {
    const element = itemElement(list, item);
    if (element === undefined) continue;
    const same = found.get(element);
    if (same === undefined) found.set(element, [item]);
    else same.push(item);
  }
  return found;
}

/** What differs between two values, by field. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

export function compare(shape: Shape, before: unknown, after: unknown): Comparison {
  const result = { removed: emptySet(), modified: emptySet(), added: emptySet() };
  compareAt(result, shape, { before, after, path: [] });
  return result;
}

interface Pair {
  readonly before: unknown;
  readonly after: unknown;
  readonly path: FieldPath;
}

export const isEmptyMap = (value: unknown): boolean => !isMap(value) || Object.keys(value).length === 0;
export const isEmptyList = (value: unknown): boolean => !Array.isArray(value) || value.length === 0;

function compareAt(result: Comparison, shape: Shape, pair: Pair): void {
  const { before, after, path } = pair;
  if (before === undefined && after === undefined) return;
  const form = formOf(shape, after === undefined ? before : after);
  const other = formOf(shape, before);
  if (before !== undefined && after !== undefined && before !== null && after !== null && other !== form)
    compareAs(result, shape, other, pair);
  if (compareAs(result, shape, form, pair)) return;
  if (before === undefined) insert(result.added, path);
  else if (after === undefined) insert(result.removed, path);
}

/** Compares as one form; true when the pair was a leaf. */
function compareAs(result: Comparison, shape: Shape, form: 'map' | 'scalar' | 'list', pair: Pair): boolean {
  const { before, after } = pair;
  const map = form === 'map' ? shape.map : undefined;
  const list = form === 'list' ? shape.list : undefined;
  if (map !== undefined && !map.atomic && !(isEmptyMap(before) && isEmptyMap(after))) {
    compareMaps(result, map, pair);
    return false;
  }
  if (list !== undefined && list.type !== 'atomic' && !(isEmptyList(before) && isEmptyList(after))) {
    compareItems(result, list, pair);
    return false;
  }
  if (before === undefined) insert(result.added, pair.path);
  else if (after === undefined) insert(result.removed, pair.path);
  else if (canonicalJson(before) !== canonicalJson(after)) insert(result.modified, pair.path);
  return true;
}

function compareMaps(result: Comparison, map: MapShape, { before, after, path }: Pair): void {
  const [was, is] = [isMap(before) ? before : {}, isMap(after) ? after : {}];
  for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
    compareAt(result, fieldShape(map, key), { before: own(was, key), after: own(is, key), path: [...path, `f:${key}`] });
  }
}

export const own = (map: Record<string, unknown>, key: string): unknown => (Object.hasOwn(map, key) ? map[key] : undefined);

function compareItems(result: Comparison, list: ListShape, { before, after, path }: Pair): void {
  const [were, are] = [itemsByElement(list, before), itemsByElement(list, after)];
  for (const element of new Set([...were.keys(), ...are.keys()])) {
    const [was, is] = [were.get(element) ?? [], are.get(element) ?? []];
    const here = [...path, element];
    if (was.length <= 1 && is.length <= 1) compareAt(result, list.item, { before: was[0], after: is[0], path: here });
    else if (was.length >= 2 && is.length >= 2) {
      if (canonicalJson(was) !== canonicalJson(is)) insert(result.modified, here);
    } else if (was.length >= 2) {
      compareAt(result, list.item, { before: undefined, after: is[0], path: here });
      insert(result.removed, here);
    } else {
      compareAt(result, list.item, { before: was[0], after: undefined, path: here });
      insert(result.added, here);
    }
  }
}
