import type { ResolvedLayer } from '../cluster-profile/resolved.ts';
import type { ObjectId } from './cluster-plan.ts';
import { objectId } from './object-id.ts';

/** Never removed, whoever made what is in them. */
const EVERYBODYS = /^(default|kube-.*)$/;
/** Objects named in one sentence. */
const SHOWN = 5;

/** What others own of what a layer made, or wish to keep: it stays whatever the layer is made of. */
const OTHERS =
  'Left alone are objects that others took over, that were there before, or that ask to be kept (helm.sh/resource-policy: keep)';

/** What becomes of the objects of a layer that goes, or of some of them: what is lost and what stays, as the agent removes them. */
export function removalWords(layer: ResolvedLayer, gone?: readonly ObjectId[]): string {
  const { content } = layer;
  if (content.type === 'builtin') return 'It came with the machines: nothing in the cluster is deleted.';
  const what = gone === undefined ? 'What this layer made is deleted, and nothing else.' : '';
  const parts =
    content.type === 'chart'
      ? chartWords(layer.namespace)
      : objectWords(gone ?? content.objects.map((object) => objectId(object)), gone === undefined ? layer.namespace : undefined);
  return [what, ...parts, `${OTHERS}.`].filter((part) => part !== '').join(' ');
}

/** What is in a chart is known where it is installed only. */
const chartWords = (namespace: string): string[] => [
  'Volumes that the chart itself claims go with their data; claims that its StatefulSets made stay.',
  ...namespaceWords([namespace]),
  'Definitions (CRDs) of it go only when all of their objects were of this layer.',
];

function objectWords(ids: readonly ObjectId[], own: string | undefined): string[] {
  const named = (kind: string): string[] => ids.filter((id) => id.kind === kind).map(({ name }) => name);
  const claims = [...named('PersistentVolumeClaim'), ...named('PersistentVolume')];
  const definitions = named('CustomResourceDefinition');
  return [
    ...(claims.length === 0 ? [] : [`${listed('Volume', claims)} ${claims.length === 1 ? 'goes' : 'go'} with the data.`]),
    ...(named('StatefulSet').length === 0 ? [] : ['Claims that its StatefulSets made stay, with the data.']),
    ...namespaceWords([...new Set([...named('Namespace'), ...(own === undefined ? [] : [own])])]),
    ...(definitions.length === 0
      ? []
      : [
          `${listed('Definition', definitions)} ${definitions.length === 1 ? 'goes only when all of its' : 'go only when all of their'} objects were of this layer.`,
        ]),
  ];
}

function namespaceWords(namespaces: readonly string[]): string[] {
  const some = namespaces.filter((namespace) => !EVERYBODYS.test(namespace));
  return some.length === 0
    ? []
    : [
        `${listed('Namespace', some)} ${some.length === 1 ? 'goes' : 'go'} only with the last layer in ${some.length === 1 ? 'it' : 'them'}, and stay${some.length === 1 ? 's' : ''} when anything foreign is there.`,
      ];
}

function listed(noun: string, names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `${noun}${names.length === 1 ? '' : 's'} ${names.slice(0, SHOWN).join(', ')}${more}`;
}
