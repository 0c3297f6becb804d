import { SlipwayError } from '@slipway/kit/errors';
import { deepEqual, valueAt } from '@slipway/model/browser';
import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, type Node, type Pair, parseDocument, stringify } from 'yaml';

/** Keys and indexes from the root: `['spec', 'pools', 0, 'replicas']`. */
export type YamlPath = readonly (string | number)[];

/** From, to: offsets in the text. */
export type Span = readonly [from: number, to: number];

/**
 * Sets what is at a path, making what is missing on the way, or removes it (`undefined`). Everything else stays byte for byte: comments, order, quotes, blank lines, fields nobody
 * knows. Throws `Invalid` for a text that is no YAML.
 *
 * @example editYaml('a: 1 # one\nb: 2\n', ['a'], 3) // 'a: 3 # one\nb: 2\n'
 */
export function editYaml(text: string, path: YamlPath, value: unknown): string {
  const document = parsed(text);
  const wanted = changed(document.toJS(), path, value);
  const spliced = value === undefined ? remove(text, document, path) : put(text, document, path, value);
  if (spliced !== undefined && reads(spliced, wanted)) return spliced;
  // Anchors, flow collections over several lines and the like: comments stay, the layout is the library's.
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, document.createNode(value));
  return document.toString({ lineWidth: 0 });
}

/** Where the value at a path is, or the key above it that is nearest; undefined when not even that is there. */
export function spanAt(document: Document, path: YamlPath): Span | undefined {
  for (let length = path.length; length > 0; length--) {
    const found = document.getIn(path.slice(0, length), true);
    const pair = pairAt(document, path.slice(0, length));
    const node = (isNode(found) ? found : undefined) ?? (pair?.key as Node | undefined);
    if (node?.range && isScalar(node) && node.range[1] > node.range[0]) return [node.range[0], node.range[1]];
    if (pair !== undefined && (pair.key as Node).range) return [(pair.key as Node).range![0], (pair.key as Node).range![1]];
    if (node?.range) return [node.range[0], node.range[0] + 1];
  }
  return undefined;
}

export function parsed(text: string): Document {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error === undefined) return document;
  throw new SlipwayError('Invalid', `This is not YAML: ${error.message.split('\n')[0]}`, { hint: 'Mend it at the line that is marked.' });
}

const isNode = (value: unknown): value is Node => isScalar(value) || isCollection(value) || isAlias(value);

function changed(root: unknown, path: YamlPath, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const list = typeof step === 'number';
  const copy: any = Array.isArray(root) ? [...root] : root !== null && typeof root === 'object' ? { ...root } : list ? [] : {};
  const next = changed(copy[step], rest, value);
  if (next !== undefined) copy[step] = next;
  else if (Array.isArray(copy)) copy.splice(Number(step), 1);
  else delete copy[step];
  return copy;
}

function reads(text: string, wanted: unknown): boolean {
  const document = parseDocument(text);
  return document.errors.length === 0 && deepEqual(document.toJS(), wanted);
}

function pairAt(document: Document, path: YamlPath): Pair | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  return isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last)) : undefined;
}

const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;
const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
};

/** Where the last character of a node is; that of a block is where its last leaf ends. */
function leafEnd(node: unknown): number | undefined {
  if (isCollection(node) && !node.flow && node.items.length > 0) {
    const last = node.items.at(-1);
    return isMap(node) ? pairEnd(last as Pair) : leafEnd(last);
  }
  return isNode(node) ? node.range?.[1] : undefined;
}
const pairEnd = (pair: Pair): number | undefined => leafEnd(pair.value) ?? (pair.key as Node).range?.[1];

/** After the line on which something ends; what ends with its own line break has ended. */
const after = (text: string, end: number): number => (end > 0 && text[end - 1] === '\n' ? end : lineEnd(text, end));

const flowAbove = (document: Document, path: YamlPath): YamlPath | undefined => {
  for (let length = 0; length <= path.length; length++) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isCollection(node) && node.flow && node.items.length > 0) return path.slice(0, length);
  }
  return undefined;
};

function remove(text: string, document: Document, path: YamlPath): string | undefined {
  const above = path.slice(0, -1);
  const parent = above.length === 0 ? document.contents : document.getIn(above, true);
  if (!isCollection(parent)) return text;
  if (!parent.hasIn([path.at(-1)])) return text;
  const flow = flowAbove(document, above);
  if (flow !== undefined) return putFlow(text, document, flow, changed(valueAt(document.toJS(), flow), path.slice(flow.length), undefined));
  if (parent.items.length === 1) return above.length === 0 ? undefined : put(text, document, above, isSeq(parent) ? [] : {});
  const span = itemSpan(text, parent, path.at(-1) as string | number);
  return span === undefined ? undefined : text.slice(0, span[0]) + text.slice(span[1]);
}

/** A pair of a block map or an item of a block list with its lines; the first pair of a list's item leaves the dash to the next. */
function itemSpan(text: string, parent: Node, step: string | number): Span | undefined {
  const items: unknown[] = isMap(parent) || isSeq(parent) ? parent.items : [];
  const index = isMap(parent) ? parent.items.findIndex(({ key }) => isScalar(key) && String(key.value) === String(step)) : Number(step);
  const startOf = (item: unknown): number | undefined =>
    isMap(parent) ? ((item as Pair | undefined)?.key as Node | undefined)?.range?.[0] : (item as Node | undefined)?.range?.[0];
  const item = items[index];
  const start = startOf(item);
  const end = isMap(parent) ? pairEnd(item as Pair) : leafEnd(item);
  if (start === undefined || end === undefined) return undefined;
  const line = lineStart(text, start);
  const before = text.slice(line, start);
  if (isMap(parent) && before.trim() === '') return [line, after(text, end)];
  if (isSeq(parent) && /^\s*-\s+$/.test(before)) return [line, after(text, end)];
  const next = startOf(items[index + 1]);
  return isMap(parent) && next !== undefined ? [start, next] : undefined;
}

function putFlow(text: string, document: Document, path: YamlPath, value: unknown): string | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isNode(node) || !node.range) return undefined;
  const rendered = stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: text[node.range[0] + 1] === ' ' });
  return text.slice(0, node.range[0]) + rendered.trimEnd() + text.slice(node.range[1]);
}

function put(text: string, document: Document, path: YamlPath, value: unknown): string | undefined {
  if (path.length === 0) return undefined;
  const flow = flowAbove(document, path.slice(0, -1));
  if (flow !== undefined) return putFlow(text, document, flow, changed(valueAt(document.toJS(), flow), path.slice(flow.length), value));
  const above = path.slice(0, -1);
  const parent = above.length === 0 ? document.contents : document.getIn(above, true);
  const last = path.at(-1) as string | number;
  if (!isCollection(parent) || parent.items.length === 0) {
    if (above.length > 0) return put(text, document, above, typeof last === 'number' ? [value] : { [last]: value });
    return text.trim() === '' ? stringify({ [last]: value }, { lineWidth: 0 }) : undefined;
  }
  if (!parent.hasIn([last])) return append(text, parent, last, value);
  return replaceScalar(text, document, path, value) ?? replaceItem(text, parent, last, value);
}

/** A value of one line in the place of another. */
function replaceScalar(text: string, document: Document, path: YamlPath, value: unknown): string | undefined {
  const node = document.getIn(path, true);
  const simple =
    value === null || typeof value !== 'object' || (Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0);
  if (!simple || !isScalar(node) || !node.range || node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') return undefined;
  const quoted =
    typeof value === 'string' && typeof node.value === 'string' && (node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE');
  const rendered = stringify(value, { lineWidth: 0, ...(quoted ? { defaultStringType: node.type as 'QUOTE_SINGLE' } : {}) }).trimEnd();
  if (rendered.includes('\n')) return undefined;
  const [from, to] = node.range;
  const gap = from === to && /\S/.test(text[from - 1] ?? ' ') ? ' ' : '';
  return text.slice(0, from) + gap + rendered + text.slice(to);
}

const indented = (block: string, columns: number): string =>
  block
    .split('\n')
    .map((line, index) => (index === 0 || line === '' ? line : ' '.repeat(columns) + line))
    .join('\n');

const rendered = (step: string | number, value: unknown): string =>
  stringify(typeof step === 'number' ? [value] : { [step]: value }, { lineWidth: 0 });

function replaceItem(text: string, parent: Node, step: string | number, value: unknown): string | undefined {
  const span = itemSpan(text, parent, step);
  if (span === undefined) return undefined;
  const [from] = span;
  const start = from + (/^[^\S\n]*/.exec(text.slice(from))?.[0].length ?? 0);
  const block = indented(rendered(step, value), start - lineStart(text, start));
  // The first pair of a list's item ends before the key of the next, not after a line.
  const gap = text.slice(from, span[1]).endsWith('\n') || span[1] === text.length ? '' : ' '.repeat(start - lineStart(text, start));
  return text.slice(0, start) + block + gap + text.slice(span[1]);
}

function append(text: string, parent: Node, step: string | number, value: unknown): string | undefined {
  if (!isMap(parent) && !isSeq(parent)) return undefined;
  if (isSeq(parent) && step !== parent.items.length) return undefined;
  const first: unknown = parent.items[0];
  const at = (isMap(parent) ? ((first as Pair).key as Node) : (first as Node)).range?.[0];
  const end = leafEnd(parent);
  if (at === undefined || end === undefined) return undefined;
  const dash = isSeq(parent) ? text.slice(lineStart(text, at), at).lastIndexOf('-') : -1;
  const columns = dash >= 0 ? dash : at - lineStart(text, at);
  const where = after(text, end);
  const head = where > 0 && text[where - 1] !== '\n' ? '\n' : '';
  return text.slice(0, where) + head + ' '.repeat(columns) + indented(rendered(step, value), columns) + text.slice(where);
}
