import { canonicalJson } from '@slipway/kit';
import { deepEqual, joinPath } from '../meta/diff.ts';
import type { Remarks, YamlEntry, YamlNode, YamlStyle, YamlTree } from './tree.ts';

/** What is around a value besides the value: comments and ways of writing. */
export interface Frame {
  readonly remarks?: Remarks;
  readonly flow?: true;
  /** Of the key it stands behind. */
  readonly key?: { readonly style?: YamlStyle; readonly remarks?: Remarks };
  /** Of the whole document. */
  readonly document?: { readonly remarks?: Remarks; readonly start?: true };
}

/**
 * One edit. Paths are of the tree before, but for what is added, whose path says where it will be; edits are made in their order, what is deeper first, so that each
 * path still leads where it led.
 */
export type YamlEdit =
  | { readonly edit: 'change'; readonly path: string; readonly from: YamlNode; readonly to: YamlNode }
  | { readonly edit: 'remove'; readonly path: string; readonly from: YamlNode | YamlEntry }
  | { readonly edit: 'add'; readonly path: string; readonly index: number; readonly to: YamlNode | YamlEntry }
  /** The keys of a map, as they will be ordered. */
  | { readonly edit: 'order'; readonly path: string; readonly to: readonly string[] }
  | { readonly edit: 'remark'; readonly path: string; readonly from: Frame; readonly to: Frame };

type MapNode = Extract<YamlNode, { type: 'map' }>;
type ListNode = Extract<YamlNode, { type: 'list' }>;

/** What makes the second tree of the first: values, order, comments. Nothing for the same tree. */
export function diffYaml(from: YamlTree, to: YamlTree): YamlEdit[] {
  const frame = ({ remarks, start, root }: YamlTree): Frame =>
    frameOf(root, { document: { ...(remarks && { remarks }), ...(start && { start }) } });
  return nodeEdits({ from: from.root, to: to.root, path: '', frames: [frame(from), frame(to)] });
}

interface Pairing {
  readonly from: YamlNode;
  readonly to: YamlNode;
  readonly path: string;
  readonly frames: readonly [Frame, Frame];
}

const frameOf = (node: YamlNode, more: Pick<Frame, 'key' | 'document'>): Frame => ({
  ...(node.remarks && { remarks: node.remarks }),
  ...(node.type !== 'scalar' && node.flow ? { flow: true as const } : {}),
  ...(more.key && Object.keys(more.key).length > 0 ? { key: more.key } : {}),
  ...(more.document && Object.keys(more.document).length > 0 ? { document: more.document } : {}),
});

const keyOf = ({ style, remarks }: YamlEntry): NonNullable<Frame['key']> => ({ ...(style && { style }), ...(remarks && { remarks }) });

function nodeEdits({ from, to, path, frames: [before, after] }: Pairing): YamlEdit[] {
  const remark: YamlEdit[] = deepEqual(before, after) ? [] : [{ edit: 'remark', path, from: before, to: after }];
  if (from.type === 'map' && to.type === 'map') return [...remark, ...mapEdits(from, to, path)];
  if (from.type === 'list' && to.type === 'list') return [...remark, ...listEdits(from, to, path)];
  return deepEqual(contentOf(from), contentOf(to)) ? remark : [...remark, { edit: 'change', path, from, to }];
}

/** Without comments, which are a matter of their own. */
function contentOf(node: YamlNode): unknown {
  const { remarks: _remarks, ...content } = node;
  return content;
}

function mapEdits(from: MapNode, to: MapNode, path: string): YamlEdit[] {
  const before = new Map(from.entries.map((entry) => [entry.key, entry]));
  const after = new Map(to.entries.map((entry) => [entry.key, entry]));
  const inner = from.entries.flatMap((entry) => {
    const other = after.get(entry.key);
    if (other === undefined) return [];
    const frames = [frameOf(entry.value, { key: keyOf(entry) }), frameOf(other.value, { key: keyOf(other) })] as const;
    return nodeEdits({ from: entry.value, to: other.value, path: joinPath(path, entry.key), frames });
  });
  const removed = from.entries
    .filter(({ key }) => !after.has(key))
    .map((entry): YamlEdit => ({ edit: 'remove', path: joinPath(path, entry.key), from: entry }));
  const added = to.entries.flatMap((entry, index): YamlEdit[] =>
    before.has(entry.key) ? [] : [{ edit: 'add', path: joinPath(path, entry.key), index, to: entry }],
  );
  const kept = (entries: readonly YamlEntry[], other: ReadonlyMap<string, YamlEntry>) =>
    entries.map(({ key }) => key).filter((key) => other.has(key));
  const isOrdered = deepEqual(kept(from.entries, after), kept(to.entries, before));
  const order: YamlEdit[] = isOrdered ? [] : [{ edit: 'order', path, to: to.entries.map(({ key }) => key) }];
  return [...inner, ...removed, ...added, ...order];
}

function listEdits(from: ListNode, to: ListNode, path: string): YamlEdit[] {
  const pairs = pairItems(from.items, to.items);
  const inner = pairs.flatMap(([at, there]) => {
    const [a, b] = [from.items[at], to.items[there]] as [YamlNode, YamlNode];
    return nodeEdits({ from: a, to: b, path: joinPath(path, at), frames: [frameOf(a, {}), frameOf(b, {})] });
  });
  const [left, right] = [new Set(pairs.map(([at]) => at)), new Set(pairs.map(([, there]) => there))];
  const removed = from.items
    .flatMap((item, index): YamlEdit[] => (left.has(index) ? [] : [{ edit: 'remove', path: joinPath(path, index), from: item }]))
    .toReversed();
  const added = to.items.flatMap((item, index): YamlEdit[] =>
    right.has(index) ? [] : [{ edit: 'add', path: joinPath(path, index), index, to: item }],
  );
  return [...inner, ...removed, ...added];
}

/** Cells of the table that finds what two lists have in common. */
const MAX_CELLS = 250_000;

/** Which items of two lists are the same one: by name where they have one, else by what they are; between those, one after the other. */
function pairItems(from: readonly YamlNode[], to: readonly YamlNode[]): [number, number][] {
  const [a, b] = [from.map(identityOf), to.map(identityOf)];
  const same = a.length * b.length > MAX_CELLS ? [] : longestCommon(a, b);
  const ends: readonly [number, number][] = [...same, [from.length, to.length]];
  let [i, j] = [0, 0];
  return ends.flatMap(([at, there]) => {
    const run: [number, number][] = [];
    for (; i < at && j < there; i++, j++) if (!a[i]?.startsWith(NAMED) && !b[j]?.startsWith(NAMED)) run.push([i, j]);
    [i, j] = [at + 1, there + 1];
    return at < from.length && there < to.length ? [...run, [at, there] as [number, number]] : run;
  });
}

const NAMED = 'name ';

function identityOf(node: YamlNode): string {
  const name = node.type === 'map' ? node.entries.find(({ key }) => key === 'name')?.value : undefined;
  return name?.type === 'scalar' ? `${NAMED}${String(name.value)}` : canonicalJson(contentOf(node));
}

/** Places of what two lists have in common, in order, as much as there can be. */
export function longestCommon(a: readonly string[], b: readonly string[]): [number, number][] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      (lengths[i] as Uint32Array)[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
