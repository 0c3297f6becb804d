import { maskedDiff, maskValue } from '../meta/mask.ts';
import type { ChangePlan, ObjectChange, PlannedAction } from './change-plan.ts';
import { HOLDS_DATA } from './approval.ts';
import { objectId, objectKey } from './object-id.ts';

export type RenderedObject = Readonly<Record<string, unknown>>;

/** What a chart makes before and after, or why that could not be said. */
export type RenderedLayer =
  | { readonly ok: true; readonly current: readonly RenderedObject[]; readonly desired: readonly RenderedObject[] }
  | { readonly ok: false; readonly why: string };

/** Objects and fields of one layer that are told one by one. */
const MAX_OBJECTS = 200;
const MAX_FIELDS = 100;

/** A plan in which the actions of charts say what becomes of each object. `layers` is by the layer's name. Pure. */
export function withRendered(plan: ChangePlan, layers: ReadonlyMap<string, RenderedLayer>, secretValues: readonly string[]): ChangePlan {
  const actions = plan.actions.map((action) => {
    const layer = layers.get(/^layer (.+)$/.exec(action.target)?.[1] ?? '');
    return layer ? withObjects(action, layer, secretValues) : action;
  });
  return { ...plan, actions };
}

function withObjects(action: PlannedAction, layer: RenderedLayer, secretValues: readonly string[]): PlannedAction {
  if (!layer.ok) return { ...action, notRendered: String(maskValue(layer.why, secretValues)) };
  const objects = objectChanges(layer.current, layer.desired, secretValues);
  const lost = objects.filter(({ change, object }) => change === 'removed' && HOLDS_DATA.has(object.split('/').at(-3) ?? ''));
  const reason = lost.length === 0 ? action.reason : `${action.reason} It no longer makes ${lost.map(({ object }) => object).join(', ')}.`;
  return { ...action, reason, objects: objects.slice(0, MAX_OBJECTS) };
}

/** The difference between two sets of objects, object by object: empty for equal ones. */
export function objectChanges(
  current: readonly RenderedObject[],
  desired: readonly RenderedObject[],
  secretValues: readonly string[] = [],
): ObjectChange[] {
  const [before, after] = [byKey(current), byKey(desired)];
  const keys = [...new Set([...before.keys(), ...after.keys()])].toSorted((a, b) => (a < b ? -1 : 1));
  return keys.flatMap((key): ObjectChange[] => {
    const [from, to] = [before.get(key), after.get(key)];
    const object = labelOf(to ?? from ?? {});
    if (!from) return [{ object, change: 'added', diff: [] }];
    if (!to) return [{ object, change: 'removed', diff: [] }];
    const diff = maskedDiff(from, to, secretValues);
    return diff.length === 0 ? [] : [{ object, change: 'changed', diff: diff.slice(0, MAX_FIELDS) }];
  });
}

const byKey = (objects: readonly RenderedObject[]): Map<string, RenderedObject> =>
  new Map(objects.map((object) => [objectKey(objectId(object)), object]));

/** `group/version/Kind/namespace/name`; without a namespace of its own `-` stands there. */
function labelOf(object: RenderedObject): string {
  const { apiVersion, kind, namespace = '-', name } = objectId(object);
  return `${apiVersion}/${kind}/${namespace}/${name}`;
}
