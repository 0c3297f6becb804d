import {
  detailsOf,
  type FieldChange,
  type FieldDiff,
  type Frame,
  type LayerChange,
  type ListChange,
  renderYamlTree,
  type TextChange,
  type YamlEdit,
  type YamlEntry,
  type YamlNode,
} from '@slipway/model';
import type { ComparedVersions } from '../profile/diff.ts';
import type { Io } from './io.ts';

type Painter = Pick<Io, 'paint'>;

/** Two versions beside each other: what came, went, moved and changed, values as YAML with their comments. */
export function renderProfileDiff(io: Painter, { from, to, fields, layers, variables, constraints }: ComparedVersions): string {
  const about = fields.filter(({ field }) => field !== 'version').flatMap(detailsOf);
  const lines = [
    io.paint('bold', `${from} → ${to}`, 'stdout'),
    ...about.map((diff) => `  ${field(io, diff)}`),
    ...listLines(io, 'layer', layers, (change) => layerLines(io, change, constraints)),
    ...listLines(io, 'variable', variables, (change) => change.fields.flatMap(detailsOf).map((diff) => field(io, diff))),
  ];
  return lines.length === 1 ? `${lines[0]}: no differences` : lines.join('\n');
}

function listLines<Item extends { readonly name: string }, Change extends { readonly name: string }>(
  io: Painter,
  what: string,
  { removed, added, changed, moved }: ListChange<Item, Change>,
  inner: (change: Change) => string[],
): string[] {
  const line = (colour: 'green' | 'red' | 'yellow', mark: string, text: string) => `${io.paint(colour, mark, 'stdout')} ${what} ${text}`;
  return [
    ...removed.map((item) => line('red', '-', `${item.name}${contentOf(item)}`)),
    ...added.map(({ item, index }) => line('green', '+', `${item.name}${contentOf(item)}, at place ${index + 1}`)),
    ...moved.map((name) => line('yellow', '↕', `${name} stands elsewhere among the others`)),
    ...changed.flatMap((change) => [line('yellow', '~', change.name), ...inner(change).map((text) => `    ${text}`)]),
  ];
}

function contentOf(item: object): string {
  const { chart, builtin, type } = item as {
    chart?: { name: string; version: string };
    builtin?: { name: string; version: string };
    type?: string;
  };
  const content = chart ?? builtin;
  return content === undefined ? ` (${type ?? ''})` : ` (${content.name} ${content.version})`;
}

const show = (value: unknown): string => (value === undefined ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value));
const field = (io: Painter, { path, from, to }: FieldDiff): string =>
  `${path}: ${io.paint('red', show(from), 'stdout')} → ${io.paint('green', show(to), 'stdout')}`;

function layerLines(io: Painter, change: LayerChange, constraints: ComparedVersions['constraints']): string[] {
  const asked = constraints.filter(({ layer }) => layer === change.name);
  return [
    ...change.fields.flatMap((one: FieldChange) => detailsOf(one)).map((diff) => field(io, diff)),
    ...asked.flatMap(({ diff, unknown }) => [
      ...(unknown === undefined ? [] : [io.paint('yellow', `constraints of the pack are not compared: ${unknown}`, 'stdout')]),
      ...diff.map((one) => `constraints of the pack: ${field(io, one)}`),
    ]),
    ...(change.valuesYaml === undefined ? [] : ['valuesYaml:', ...textLines(io, change.valuesYaml)]),
    ...(change.manifests ?? []).flatMap((one) => [`manifests[${one.index}]:`, ...textLines(io, one)]),
  ];
}

function textLines(io: Painter, { edits, text }: TextChange): string[] {
  if (edits === undefined) return ['  another text, which cannot be compared by its values'];
  if (edits.length === 0 && text !== undefined) return ['  only white space'];
  return edits.flatMap((edit) => editLines(io, edit)).map((line) => `  ${line}`);
}

function editLines(io: Painter, edit: YamlEdit): string[] {
  const [minus, plus] = [io.paint('red', '-', 'stdout'), io.paint('green', '+', 'stdout')];
  const at = edit.path === '' ? '(all)' : edit.path;
  switch (edit.edit) {
    case 'change':
      return [...block(minus, at, edit.from), ...block(plus, at, edit.to)];
    case 'remove':
      return block(minus, at, edit.from);
    case 'add':
      return block(plus, at, edit.to);
    case 'order':
      return [`${io.paint('yellow', '↕', 'stdout')} ${at}: the order is now ${edit.to.join(', ')}`];
    case 'remark':
      return [`${io.paint('yellow', '#', 'stdout')} comment of ${at}: ${remarkText(edit.from, edit.to)}`];
  }
}

/** `path: value`, or the path and the YAML below it. */
function block(mark: string, path: string, part: YamlNode | YamlEntry): string[] {
  const isEntry = 'key' in part;
  const text = renderYamlTree({ root: isEntry ? part.value : part }).trimEnd();
  const above = isEntry && part.remarks?.before !== undefined ? commentLines(part.remarks.before).map((line) => `${mark} ${line}`) : [];
  const lines = text.split('\n');
  if (lines.length === 1) return [...above, `${mark} ${path}: ${text}`];
  return [...above, `${mark} ${path}:`, ...lines.map((line) => `${mark}   ${line}`)];
}

const commentLines = (text: string): string[] => text.split('\n').map((line) => `#${line}`);

/** Comments that went → comments that came. */
function remarkText(from: Frame, to: Frame): string {
  const [before, after] = [commentsOf(from), commentsOf(to)];
  const gone = before.filter((line) => !after.includes(line));
  const come = after.filter((line) => !before.includes(line));
  if (gone.length + come.length === 0) return 'written otherwise';
  return `${gone.join(' ') || 'nothing'} → ${come.join(' ') || 'nothing'}`;
}

const commentsOf = ({ remarks, key, document }: Frame): string[] =>
  [remarks, key?.remarks, document?.remarks]
    .flatMap((one) => [one?.before, one?.behind])
    .flatMap((text) => (text === undefined ? [] : commentLines(text)));
