import type { ResolvedLayer, ResolvedProfile } from '../cluster-profile/resolved.ts';
import { fieldDiff } from '../meta/diff.ts';
import { markedAt, maskedDiff } from '../meta/mask.ts';
import { HOLDS_DATA } from '../plan/approval.ts';
import type { PlannedAction } from '../plan/change-plan.ts';
import type { ObjectId } from '../plan/cluster-plan.ts';
import { objectId, objectKey } from '../plan/object-id.ts';
import { removalWords } from '../plan/removal-words.ts';

/** A change of thousands of fields is not judged field by field. */
const MAX_DIFF = 200;

/** `chart metrics-server 3.12.2` */
export function describeContent(layer: ResolvedLayer): string {
  const { content } = layer;
  switch (content.type) {
    case 'chart':
      return `chart ${content.name} ${content.version}`;
    case 'manifests':
      return `${content.objects.length} object${content.objects.length === 1 ? '' : 's'}`;
    case 'builtin':
      return `${content.name} ${content.version}`;
  }
}

export function createLayer(layer: ResolvedLayer, profile: ResolvedProfile): PlannedAction {
  return {
    verb: 'create',
    target: `layer ${layer.name}`,
    summary: `Install layer ${layer.name} (${describeContent(layer)}).`,
    impact: 'none',
    reason: 'It is new.',
    diff: limited(maskedDiff(undefined, comparable(layer), profile.secretValues)),
  };
}

export function changeLayer(to: ResolvedLayer, from: ResolvedLayer, secretValues: readonly string[]): PlannedAction[] {
  const diff = maskedDiff(comparable(from), comparable(to), secretValues);
  if (diff.length === 0) return [];
  const gone = removedObjects(to, from);
  const replaced = from.content.type !== to.content.type || from.namespace !== to.namespace;
  const touchesContent = replaced || fieldDiff(from.content, to.content).length > 0;
  const loses = gone.some(({ kind }) => HOLDS_DATA.has(kind)) || replaced;
  return [
    {
      verb: replaced ? 'replace' : 'change',
      target: `layer ${to.name}`,
      summary: `Change layer ${to.name}${moved(to, from)}.`,
      impact: loses ? 'data-loss' : touchesContent ? 'restart' : 'none',
      reason: reasonOf({ from, replaced, gone, touchesContent }),
      diff: limited(diff),
    },
  ];
}

interface Why {
  readonly from: ResolvedLayer;
  readonly replaced: boolean;
  readonly gone: readonly ObjectId[];
  readonly touchesContent: boolean;
}

function reasonOf({ from, replaced, gone, touchesContent }: Why): string {
  if (replaced)
    return `The layer changes its kind of content or its namespace: what it made before is removed, then it is made anew. ${removalWords(from)}`;
  if (gone.length > 0)
    return `${gone.length} object${gone.length === 1 ? '' : 's'} of it (${[...new Set(gone.map(({ kind }) => kind))].join(', ')}) will be deleted; pods of it may restart. ${removalWords(from, gone)}`;
  return touchesContent
    ? 'Pods of this layer may restart; nothing else is touched.'
    : 'Only how Slipway treats the layer changes; nothing in the cluster does.';
}

const moved = (to: ResolvedLayer, from: ResolvedLayer): string =>
  describeContent(to) === describeContent(from) ? '' : ` from ${describeContent(from)} to ${describeContent(to)}`;

/** Objects that are in `from` but not in `to`. */
function removedObjects(to: ResolvedLayer, from: ResolvedLayer): ObjectId[] {
  if (from.content.type !== 'manifests') return [];
  const kept = new Set(to.content.type === 'manifests' ? to.content.objects.map((object) => objectKey(objectId(object))) : []);
  return from.content.objects.map((object) => objectId(object)).filter((id) => !kept.has(objectKey(id)));
}

export function removeLayer(layer: ResolvedLayer): PlannedAction {
  const harmless = layer.content.type === 'manifests' && !layer.content.objects.some((object) => HOLDS_DATA.has(objectId(object).kind));
  return {
    verb: 'remove',
    target: `layer ${layer.name}`,
    summary: `Remove layer ${layer.name} (${describeContent(layer)}).`,
    impact: layer.content.type === 'builtin' ? 'none' : harmless ? 'restart' : 'data-loss',
    reason: removalWords(layer),
    diff: [],
  };
}

/** Manifests by what they name, so that one added object does not shift every other one; places of secrets with marks, whose they are left out. */
function comparable(layer: ResolvedLayer): unknown {
  const { content, secrets = [], profile: _profile, ...rest } = layer;
  if (content.type === 'manifests') {
    const marked = markedAt(content.objects, secrets) as typeof content.objects;
    const objects = Object.fromEntries(content.objects.map((object, index) => [labelOf(object), marked[index]]));
    return { ...rest, content: { type: 'manifests', objects } };
  }
  return { ...rest, content: 'values' in content ? { ...content, values: markedAt(content.values, secrets) } : content };
}

function labelOf(object: Readonly<Record<string, unknown>>): string {
  const { kind, namespace, name, apiVersion } = objectId(object);
  return [apiVersion, kind, ...(namespace === undefined ? [] : [namespace]), name].join('/');
}

const limited = (diff: PlannedAction['diff']): PlannedAction['diff'] =>
  diff.length <= MAX_DIFF ? diff : [...diff.slice(0, MAX_DIFF), { path: '…', to: `${diff.length - MAX_DIFF} more differences` }];
