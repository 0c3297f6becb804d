import { isMap, type Shape } from './shape.ts';

/**
 * A set of field paths, as `managedFields` keeps them (fieldsV1). A path's elements are `f:name` for a field or map key, `k:{"uid":"x"}` for a list item by its
 * keys, `v:"x"` for a member of a set list. `members` are in the set; `children` lead to members further down, without being in it by that.
 */
export interface FieldSet {
  readonly members: Set<string>;
  readonly children: Map<string, FieldSet>;
}

export type FieldPath = readonly string[];

export const emptySet = (): FieldSet => ({ members: new Set(), children: new Map() });

/** Adds a path; the empty path (the whole object) is nobody's. */
export function insert(set: FieldSet, path: FieldPath): void {
  let node = set;
  for (const element of path.slice(0, -1)) {
    let child = node.children.get(element);
    if (child === undefined) node.children.set(element, (child = emptySet()));
    node = child;
  }
  const last = path.at(-1);
  if (last !== undefined) node.members.add(last);
}

export function setOf(...paths: FieldPath[]): FieldSet {
  const set = emptySet();
  for (const path of paths) insert(set, path);
  return set;
}

export const isEmpty = (set: FieldSet): boolean => set.members.size === 0 && [...set.children.values()].every(isEmpty);

const childrenOf = (entries: Iterable<readonly [string, FieldSet]>): Map<string, FieldSet> =>
  new Map([...entries].filter(([, child]) => !isEmpty(child)));

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children);
  for (const [element, child] of b.children) {
    const mine = children.get(element);
    children.set(element, mine === undefined ? child : union(mine, child));
  }
  return { members: new Set([...a.members, ...b.members]), children };
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children = [...a.children].flatMap(([element, child]): [string, FieldSet][] => {
    const other = b.children.get(element);
    return other === undefined ? [] : [[element, intersection(child, other)]];
  });
  return { members: new Set([...a.members].filter((element) => b.members.has(element))), children: childrenOf(children) };
}

/** What is in `a` and not in `b`; a member of `b` takes nothing below it away. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  const children = [...a.children].map(([element, child]): [string, FieldSet] => {
    const other = b.children.get(element);
    return [element, other === undefined ? child : difference(child, other)];
  });
  return { members: new Set([...a.members].filter((element) => !b.members.has(element))), children: childrenOf(children) };
}

/** What is in `a` and neither in `b` nor below a member of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  const children = [...a.children]
    .filter(([element]) => !b.members.has(element))
    .map(([element, child]): [string, FieldSet] => {
      const other = b.children.get(element);
      return [element, other === undefined ? child : recursiveDifference(child, other)];
    });
  return { members: new Set([...a.members].filter((element) => !b.members.has(element))), children: childrenOf(children) };
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  return isEmpty(difference(a, b)) && isEmpty(difference(b, a));
}

/** The set with every declared field that leads to a member made a member too (map keys and list items are not). */
export function withNamedFields(set: FieldSet, shape: Shape | undefined): FieldSet {
  const named = [...set.children.keys()].filter((element) => element.startsWith('f:') && shape?.map?.fields.has(element.slice(2)));
  const children = [...set.children].map(([element, child]): [string, FieldSet] => [
    element,
    withNamedFields(child, below(shape, element)),
  ]);
  return { members: new Set([...set.members, ...named]), children: new Map(children) };
}

function below(shape: Shape | undefined, element: string): Shape | undefined {
  if (element.startsWith('f:')) return shape?.map?.fields.get(element.slice(2)) ?? shape?.map?.values;
  return element.startsWith('k:') ? shape?.list?.item : undefined;
}

/**
 * Owners of a list or map that was granular when they wrote and is atomic now own it whole, and nothing in it any more. Without this, a kind whose markers
 * change would leave owners of fields that can no longer be taken over one by one.
 */
export function reconciled(set: FieldSet, shape: Shape): FieldSet {
  const remove = emptySet();
  const visit = (node: FieldSet, here: Shape | undefined, path: FieldPath): void => {
    if (here === undefined || (here.scalar && here.map !== undefined)) return;
    const atomic = here.map?.atomic === true || (here.list?.type === 'atomic' && here.map === undefined);
    if (atomic && path.length > 0) insert(remove, path);
    else for (const [element, child] of node.children) visit(child, below(here, element), [...path, element]);
  };
  visit(set, shape, []);
  return isEmpty(remove) ? set : union(recursiveDifference(set, remove), remove);
}

const RANK: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };
const compareElements = (a: string, b: string): number => (RANK[a[0] ?? ''] ?? 4) - (RANK[b[0] ?? ''] ?? 4) || (a < b ? -1 : a > b ? 1 : 0);

/** Every member's path: members before what is below them, in element order. */
export function pathsOf(set: FieldSet, prefix: FieldPath = []): FieldPath[] {
  return [
    ...[...set.members].toSorted(compareElements).map((element) => [...prefix, element]),
    ...[...set.children].toSorted(([a], [b]) => compareElements(a, b)).flatMap(([element, child]) => pathsOf(child, [...prefix, element])),
  ];
}

/** `fieldsV1` of a set. */
export function toFieldsV1(set: FieldSet): Record<string, unknown> {
  const elements = [...new Set([...set.members, ...set.children.keys()])].toSorted(compareElements);
  return Object.fromEntries(
    elements.map((element) => {
      const child = set.children.get(element);
      const below = child === undefined ? {} : toFieldsV1(child);
      const both = set.members.has(element) && Object.keys(below).length > 0;
      return [element, both ? { '.': {}, ...below } : below];
    }),
  );
}

/** The set of `fieldsV1`; undefined when it is not one. */
export function fromFieldsV1(fields: unknown): FieldSet | undefined {
  if (!isMap(fields)) return undefined;
  const set = emptySet();
  for (const [key, value] of Object.entries(fields)) {
    if (key === '.') continue;
    const element = normalElement(key);
    const child = fromFieldsV1(value);
    if (element === undefined || child === undefined) return undefined;
    const below = Object.keys(value as object);
    if (below.length === 0 || below.includes('.')) set.members.add(element);
    if (!isEmpty(child)) set.children.set(element, child);
  }
  return set;
}

/** Keys of an item in a fixed order, so that the same item is the same text whoever wrote it. */
function normalElement(text: string): string | undefined {
  if (text.startsWith('f:') || /^i:\d+$/.test(text)) return text;
  try {
    if (text.startsWith('v:')) return `v:${JSON.stringify(JSON.parse(text.slice(2)))}`;
    if (!text.startsWith('k:')) return undefined;
    const keys = JSON.parse(text.slice(2)) as Record<string, unknown>;
    return `k:${JSON.stringify(Object.fromEntries(Object.entries(keys).toSorted(([a], [b]) => (a < b ? -1 : 1))))}`;
  } catch {
    return undefined;
  }
}

/** A path as Kubernetes writes it for people: `.spec.taints[key="a"].value`, `.metadata.finalizers[="x/y"]`. */
export const pathWords = (path: FieldPath): string =>
  path
    .map((element) => {
      const rest = element.slice(2);
      if (element.startsWith('f:')) return `.${rest}`;
      if (element.startsWith('v:')) return `[=${rest}]`;
      if (element.startsWith('i:')) return `[${rest}]`;
      const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
