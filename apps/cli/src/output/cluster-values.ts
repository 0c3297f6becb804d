import type { ClusterValues, LayerValues, ValueOrigin } from '@slipway/model';
import { macroOriginWords, splitPath, VARIABLE_ORIGIN_WORDS, valueOriginWords } from '@slipway/model';
import { Document, isMap, isPair, isScalar, type Node, type Pair, stringify } from 'yaml';
import type { Io } from './io.ts';

/** What each layer is told, as YAML, with a comment behind each value that says where it comes from. */
export function renderClusterValues(io: Pick<Io, 'paint'>, values: ClusterValues): string {
  const title = [values.profile, ...values.addons].join(', ');
  const head = `cluster ${values.cluster}: ${title}, Kubernetes ${values.kubernetesVersion}`;
  return [
    io.paint('bold', `# ${head}`, 'stdout'),
    ...origins(
      'variables',
      values.variables.map(({ name, value, from, profile }) => [name, value, `${VARIABLE_ORIGIN_WORDS[from]} (${profile})`]),
    ),
    ...origins(
      'macros',
      values.macros.map(({ name, value, scope }) => [name, value, macroOriginWords({ scope })]),
    ),
    ...values.layers.map((layer) => renderLayer(io, layer)),
  ].join('\n');
}

function origins(what: string, lines: readonly (readonly [string, unknown, string])[]): string[] {
  if (lines.length === 0) return [];
  return [`# ${what}:`, ...lines.map(([name, value, from]) => `#   ${name}: ${short(value)}  ${from}`)];
}

const short = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'null';
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
};

function renderLayer(io: Pick<Io, 'paint'>, layer: LayerValues): string {
  const lines = [
    '---',
    io.paint('bold', `# layer ${layer.name}`, 'stdout') + `  ${layer.content}, of ${layer.profile}, in namespace ${layer.namespace}`,
  ];
  if (layer.incomplete !== undefined) lines.push(io.paint('yellow', `# incomplete: ${layer.incomplete}`, 'stdout'));
  if (layer.objects !== undefined) lines.push(layer.objects.map((object) => plain(object)).join('---\n'));
  else if (layer.values !== undefined) lines.push(annotated(layer.values, layer.origins ?? []));
  return lines.join('\n').trimEnd();
}

const STYLE = { lineWidth: 0, aliasDuplicateObjects: false } as const;
const plain = (value: unknown): string => stringify(value, STYLE);

function annotated(values: unknown, from: readonly ValueOrigin[]): string {
  const document = new Document(values, { aliasDuplicateObjects: false });
  if (!isMap(document.contents) || document.contents.items.length === 0) return '{}';
  for (const origin of from) {
    const steps = splitPath(origin.path) ?? [];
    const node = document.getIn(steps, true) as Node | undefined;
    if (node === undefined) continue;
    const comment = ` ${words(origin)}`;
    // Behind a value that stands on its key's line; above the first line of what takes several.
    if (isScalar(node) && !String(node.value).includes('\n')) node.comment = comment;
    else commentOnKey(document.getIn(steps.slice(0, -1), true), steps.at(-1), comment);
  }
  return document.toString(STYLE);
}

function commentOnKey(map: unknown, key: unknown, comment: string): void {
  const pair = isMap(map)
    ? map.items.find((item): item is Pair => isPair(item) && String(isScalar(item.key) ? item.key.value : item.key) === key)
    : undefined;
  if (isScalar(pair?.key)) pair.key.commentBefore = comment;
}

const words = ({ uses = [], ...origin }: ValueOrigin): string => [valueOriginWords(origin), ...uses].join(', ');
