import { Document, isMap, isNode, isScalar, isSeq, type Node, Pair, Scalar, visit, YAMLMap, YAMLSeq } from 'yaml';
import { parseYamlDocuments } from '../meta/bounded-yaml.ts';
import { createHiding, hideReferences, type Hiding } from '../template/hidden-references.ts';

/** What people wrote around something. */
export interface Remarks {
  /** Lines of comment above, without their `#`. */
  readonly before?: string;
  /** The comment behind. */
  readonly behind?: string;
  /** An empty line above. */
  readonly gap?: true;
}

export type YamlStyle = 'PLAIN' | 'QUOTE_SINGLE' | 'QUOTE_DOUBLE' | 'BLOCK_LITERAL' | 'BLOCK_FOLDED';

export type YamlNode =
  | {
      readonly type: 'scalar';
      readonly value: string | number | boolean | null;
      /** How a text is written: a reference that stands plain keeps its type, a quoted one becomes text. */
      readonly style?: YamlStyle;
      /** How what is no text is written: `0x10`, `~`. */
      readonly source?: string;
      readonly remarks?: Remarks;
    }
  | { readonly type: 'map'; readonly flow?: true; readonly entries: readonly YamlEntry[]; readonly remarks?: Remarks }
  | { readonly type: 'list'; readonly flow?: true; readonly items: readonly YamlNode[]; readonly remarks?: Remarks };

export interface YamlEntry {
  readonly key: string;
  readonly style?: YamlStyle;
  readonly remarks?: Remarks;
  readonly value: YamlNode;
}

/** One YAML document as plain data that keeps order, comments and ways of writing, but not white space. */
export interface YamlTree {
  readonly root: YamlNode;
  readonly remarks?: Remarks;
  /** It begins with `---`. */
  readonly start?: true;
}

/** What cannot be a tree: references within YAML itself, several documents, keys that are no texts. */
class NoTree extends Error {}

/** The text as a tree, references in it included; undefined when it cannot be read, or holds anchors, tags or other things that a tree has no place for. */
export function readYamlTree(text: string): YamlTree | undefined {
  const { text: hidden, restore } = hideReferences(text);
  const [only, ...more] = parseYamlDocuments(hidden, { size: 8 * 1024 * 1024, tokens: 2_000_000 });
  if (only === undefined || more.length > 0 || 'problem' in only) return undefined;
  const { document } = only;
  if (document.directives.yaml.explicit || document.contents === null || isReferring(document)) return undefined;
  try {
    return {
      root: read(document.contents, restore),
      ...remarksOf({ commentBefore: document.commentBefore, comment: document.comment }, restore),
      ...(document.directives.docStart ? { start: true } : {}),
    };
  } catch (error) {
    if (error instanceof NoTree) return undefined;
    throw error;
  }
}

function isReferring(document: Document.Parsed): boolean {
  let found = false;
  visit(document, {
    Alias: () => ((found = true), visit.BREAK),
    Node: (_, node) =>
      node.tag !== undefined || ('anchor' in node && node.anchor !== undefined) ? ((found = true), visit.BREAK) : undefined,
  });
  return found;
}

type Restore = (text: string) => string;
type Commented = { commentBefore?: string | null | undefined; comment?: string | null | undefined; spaceBefore?: boolean | undefined };

function remarksOf({ commentBefore, comment, spaceBefore }: Commented, restore: Restore): { remarks?: Remarks } {
  const remarks: Remarks = {
    ...(commentBefore ? { before: restore(commentBefore) } : {}),
    ...(comment ? { behind: restore(comment) } : {}),
    ...(spaceBefore ? { gap: true } : {}),
  };
  return Object.keys(remarks).length === 0 ? {} : { remarks };
}

function read(node: unknown, restore: Restore): YamlNode {
  if (!isNode(node)) throw new NoTree();
  const remarks = remarksOf(node, restore);
  if (isScalar(node)) return { type: 'scalar', ...scalarOf(node, restore), ...remarks };
  const flow = isMap(node) || isSeq(node) ? (node.flow ? ({ flow: true } as const) : {}) : {};
  if (isSeq(node)) return { type: 'list', ...flow, items: node.items.map((item) => read(item, restore)), ...remarks };
  if (!isMap(node)) throw new NoTree();
  return { type: 'map', ...flow, entries: node.items.map((pair) => entryOf(pair, restore)), ...remarks };
}

function entryOf({ key, value }: Pair, restore: Restore): YamlEntry {
  if (!isScalar(key) || typeof key.value !== 'string') throw new NoTree();
  return { key: restore(key.value), ...styleOf(key), ...remarksOf(key, restore), value: read(value, restore) };
}

const styleOf = ({ type }: Scalar): { style?: YamlStyle } => (type === undefined || type === 'PLAIN' ? {} : { style: type as YamlStyle });

function scalarOf(node: Scalar, restore: Restore): Pick<Extract<YamlNode, { type: 'scalar' }>, 'value' | 'style' | 'source'> {
  const { value, source } = node;
  if (typeof value === 'string') return { value: restore(value), ...styleOf(node) };
  if (typeof value === 'number' || typeof value === 'boolean' || value === null)
    return { value, ...(source === undefined || source === JSON.stringify(value) ? {} : { source }) };
  throw new NoTree();
}

/** The tree as text: what is read again is the same tree. */
export function renderYamlTree(tree: YamlTree): string {
  const hiding = createHiding(textsOf(tree.root));
  const document = new Document(null);
  document.contents = write(tree.root, hiding) as never;
  commented(document as Commented, tree.remarks);
  if (tree.start) document.directives = Object.assign(document.directives ?? {}, { docStart: true }) as never;
  return hiding.restore(document.toString({ lineWidth: 0 }));
}

function textsOf(node: YamlNode): string[] {
  const own = [node.remarks?.before ?? '', node.remarks?.behind ?? ''];
  if (node.type === 'scalar') return [...own, String(node.value)];
  if (node.type === 'list') return [...own, ...node.items.flatMap(textsOf)];
  return [
    ...own,
    ...node.entries.flatMap(({ key, remarks, value }) => [key, remarks?.before ?? '', remarks?.behind ?? '', ...textsOf(value)]),
  ];
}

function write(node: YamlNode, hiding: Hiding): Node {
  const made = plainNode(node, hiding);
  commented(made, node.remarks);
  return made;
}

function plainNode(node: YamlNode, hiding: Hiding): Node {
  if (node.type === 'scalar') return scalarNode(node, hiding);
  if (node.type === 'list') {
    const list = new YAMLSeq();
    list.items = node.items.map((item) => write(item, hiding));
    if (node.flow) list.flow = true;
    return list;
  }
  const map = new YAMLMap();
  map.items = node.entries.map(({ key, style, remarks, value }) => {
    const written = textNode(key, style, hiding);
    commented(written, remarks);
    return new Pair(written, write(value, hiding));
  });
  if (node.flow) map.flow = true;
  return map;
}

function scalarNode({ value, style, source }: Extract<YamlNode, { type: 'scalar' }>, hiding: Hiding): Scalar {
  if (typeof value === 'string') return textNode(value, style, hiding);
  // Nothing at all is a way of writing null.
  if (source === '') return Object.assign(new Scalar(null), { source });
  return new Scalar(source === undefined ? value : hiding.stand(source));
}

function textNode(text: string, style: YamlStyle | undefined, hiding: Hiding): Scalar {
  const node = new Scalar(hiding.hide(text));
  if (style !== undefined) node.type = style;
  return node;
}

function commented(node: Commented, remarks: Remarks | undefined): void {
  if (remarks?.before !== undefined) node.commentBefore = remarks.before;
  if (remarks?.behind !== undefined) node.comment = remarks.behind;
  if (remarks?.gap) node.spaceBefore = true;
}
