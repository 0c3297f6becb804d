import { type FieldSet, isEmpty } from './field-set.ts';
import { DEDUCED, fieldShape, formOf, isMap, itemElement, type ListShape, type MapShape, type Shape } from './shape.ts';
import { isEmptyList, isEmptyMap, itemsByElement, own } from './typed.ts';

/** A configuration laid over a live value: maps and keyed lists by key, everything else replaced. Absent is undefined. */
export function merge(shape: Shape, live: unknown, config: unknown): unknown {
  const form = formOf(shape, config === undefined ? live : config);
  if (form === 'map' && !(shape.map as MapShape).atomic && !(isEmptyMap(live) && isEmptyMap(config))) {
    return mergeMaps(shape.map as MapShape, isMap(live) ? live : {}, isMap(config) ? config : {});
  }
  if (form === 'list' && (shape.list as ListShape).type !== 'atomic' && !(isEmptyList(live) && isEmptyList(config))) {
    return mergeItems(shape.list as ListShape, Array.isArray(live) ? live : [], Array.isArray(config) ? config : []);
  }
  return config === undefined ? live : config;
}

function mergeMaps(map: MapShape, live: Record<string, unknown>, config: Record<string, unknown>): unknown {
  const keys = new Set([...Object.keys(live), ...Object.keys(config)]);
  const merged = [...keys].map((key): [string, unknown] => [key, merge(fieldShape(map, key), own(live, key), own(config, key))]);
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
}

/** Items of both: those of the configuration in its order, the others where they stood between them. */
function mergeItems(list: ListShape, live: readonly unknown[], config: readonly unknown[]): unknown {
  const [theirs, mine] = [itemsByElement(list, live), itemsByElement(list, config)];
  const item = (element: string, liveItem: unknown): unknown => merge(list.item, liveItem, mine.get(element)?.[0]);
  // Duplicates in the live list are not merged with the configured item, but replaced by it.
  const only = (element: string): unknown => (theirs.get(element)?.length === 1 ? theirs.get(element)?.[0] : undefined);
  const left = live.map((value) => ({ value, element: itemElement(list, value) ?? '' }));
  const right = [...mine.keys()];
  const shared = right.filter((element) => theirs.has(element));
  const out: unknown[] = [];
  const done = new Set<string>();
  const take = (element: string): void => {
    out.push(item(element, only(element)));
    done.add(element);
    if (shared[0] === element) shared.shift();
  };
  for (let l = 0, r = 0; l < left.length || r < right.length;) {
    const [here, there] = [left[l], right[r]];
    if (here !== undefined && there !== undefined) {
      if (here.element === there) {
        take(there);
        l++;
        r++;
        continue;
      }
      // Of both, but its turn comes later.
      if (mine.has(here.element) && shared[0] !== undefined && shared[0] !== here.element) {
        l++;
        continue;
      }
    }
    if (here !== undefined && !mine.has(here.element)) {
      out.push(here.value);
      l++;
      continue;
    }
    if (here !== undefined && done.has(here.element)) l++;
    if (there !== undefined) {
      take(there);
      r++;
    }
  }
  return out;
}

/** The value without the given fields; what loses everything it had becomes null. */
export function without(shape: Shape, value: unknown, fields: FieldSet): unknown {
  const form = formOf(shape, value);
  if (form === 'scalar') return value;
  return form === 'list' ? itemsWithout(shape.list as ListShape, value, fields) : mapWithout(shape.map as MapShape, value, fields);
}

function itemsWithout(list: ListShape, value: unknown, fields: FieldSet): unknown {
  if (!Array.isArray(value) || list.type === 'atomic') return null;
  const kept = value.flatMap((item: unknown) => {
    const element = itemElement(list, item) ?? '';
    if (fields.members.has(element)) return [];
    const below = fields.children.get(element);
    return [below === undefined || isEmpty(below) ? item : without(list.item, item, below)];
  });
  return kept.length === 0 ? null : kept;
}

function mapWithout(map: MapShape, value: unknown, fields: FieldSet): unknown {
  if (!isMap(value) || map.atomic) return null;
  const kept = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const element = `f:${key}`;
    if (fields.members.has(element)) return [];
    const below = fields.children.get(element);
    return [[key, below === undefined || isEmpty(below) ? item : without(fieldShape(map, key), item, below)]];
  });
  return kept.length === 0 ? null : Object.fromEntries(kept);
}

/** A copy without null where a declared field cannot be null: the same as leaving it out. Free-form fields keep theirs. */
export function droppingNulls<T extends object>(shape: Shape, value: T): T {
  return droppedFrom(shape, value) as T;
}

function droppedFrom(shape: Shape, value: unknown): unknown {
  if (shape === DEDUCED) return value;
  const { list, map } = shape;
  if (Array.isArray(value)) return list === undefined ? value : value.map((item: unknown) => droppedFrom(list.item, item));
  if (!isMap(value) || map === undefined) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
      const below = fieldShape(map, key);
      return item === null && below !== DEDUCED ? [] : [[key, droppedFrom(below, item)]];
    }),
  );
}

/** Items of keyed lists and sets that are there more than once, where they stand. */
export function duplicateItems(
  shape: Shape,
  value: unknown,
  path: readonly (string | number)[] = [],
): { path: (string | number)[]; item: string }[] {
  const { list, map } = shape;
  if (Array.isArray(value) && list !== undefined) {
    const seen = new Set<string>();
    return value.flatMap((item: unknown, index) => {
      const element = list.type === 'atomic' ? undefined : itemElement(list, item);
      const double = element !== undefined && seen.has(element);
      if (element !== undefined) seen.add(element);
      const here = [...path, index];
      return [...(double ? [{ path: here, item: (element ?? '').slice(2) }] : []), ...duplicateItems(list.item, item, here)];
    });
  }
  if (!isMap(value) || map === undefined || shape === DEDUCED) return [];
  return Object.entries(value).flatMap(([key, item]) => duplicateItems(fieldShape(map, key), item, [...path, key]));
}
