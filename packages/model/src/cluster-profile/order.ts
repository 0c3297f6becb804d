import type { FieldCause } from '@slipway/kit';
import { duplicateField, invalidField, listOf } from '../meta/causes.ts';
import { type Layer, LAYER_TYPES } from './layer.ts';

type OrderedLayer = Pick<Layer, 'name' | 'type' | 'dependsOn' | 'priority'>;

const rank = (layer: OrderedLayer): number => LAYER_TYPES.indexOf(layer.type);

/** Types that must be Ready before anything of a later type starts: without them no pod runs. */
const FOUNDATIONS = new Set<Layer['type']>(['os', 'kubernetes', 'cni']);

/**
 * Install order: os → kubernetes → cni → csi → addon, within that by `dependsOn`, then lower priority, then name, so that the same profile always gives the same
 * order. Cycles, unknown and contradictory dependencies go to `causes`; the order is then of no use.
 */
export function orderLayers<L extends OrderedLayer>(layers: readonly L[], path: string, causes: FieldCause[]): L[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const before = causes.length;
  layers.forEach((layer, index) => checkDependencies(layer, { byName, layers, index, field: `${path}[${index}]` }, causes));
  if (causes.length > before) return [...layers];
  const cycle = findCycle(layers, byName);
  if (cycle) {
    causes.push(invalidField(path, `the layers depend on each other in a circle: ${cycle.join(' → ')}; remove one of these dependencies`));
    return [...layers];
  }
  return sorted(layers);
}

interface Place<L> {
  readonly byName: ReadonlyMap<string, L>;
  readonly layers: readonly L[];
  readonly index: number;
  readonly field: string;
}

function checkDependencies<L extends OrderedLayer>(layer: L, place: Place<L>, causes: FieldCause[]): void {
  const { byName, layers, index, field } = place;
  if (layers.findIndex((other) => other.name === layer.name) !== index) {
    causes.push(duplicateField(`${field}.name`, `there is already a layer "${layer.name}"`));
  }
  layer.dependsOn.forEach((name, at) => {
    const on = byName.get(name);
    const others = layers.filter((other) => other.name !== layer.name).map((other) => other.name);
    if (!on) causes.push(invalidField(`${field}.dependsOn[${at}]`, `there is no layer "${name}"; there are: ${listOf(others)}`));
    else if (rank(on) > rank(layer)) {
      causes.push(
        invalidField(
          `${field}.dependsOn[${at}]`,
          `a layer of type ${layer.type} goes before every ${on.type} layer, so "${layer.name}" cannot wait for "${name}"`,
        ),
      );
    }
  });
}

function findCycle<L extends OrderedLayer>(layers: readonly L[], byName: ReadonlyMap<string, L>): string[] | undefined {
  const state = new Map<string, 'open' | 'closed'>();
  const visit = (layer: L, trail: readonly string[]): string[] | undefined => {
    if (state.get(layer.name) === 'closed') return undefined;
    if (state.get(layer.name) === 'open') return [...trail.slice(trail.indexOf(layer.name)), layer.name];
    state.set(layer.name, 'open');
    for (const name of layer.dependsOn) {
      const on = byName.get(name);
      const cycle = on && visit(on, [...trail, layer.name]);
      if (cycle) return cycle;
    }
    state.set(layer.name, 'closed');
    return undefined;
  };
  for (const layer of layers) {
    const cycle = visit(layer, []);
    if (cycle) return cycle;
  }
  return undefined;
}

function sorted<L extends OrderedLayer>(layers: readonly L[]): L[] {
  const left = layers.toSorted((a, b) => rank(a) - rank(b) || a.priority - b.priority || (a.name < b.name ? -1 : 1));
  const placed = new Set<string>();
  const order: L[] = [];
  while (left.length > 0) {
    // The first that waits for nothing unplaced: sorted input makes this the natural order with priority and name as tie-breaks.
    const at = left.findIndex((layer) => layer.dependsOn.every((name) => placed.has(name)));
    const [next] = left.splice(Math.max(at, 0), 1);
    if (!next) break;
    placed.add(next.name);
    order.push(next);
  }
  return order;
}

/**
 * What must be Ready before a layer starts: what it names, and every os, kubernetes and cni layer of an earlier type. Between csi and addon there is only an order
 * of starting: a storage driver that fails must not hold back add-ons that need no storage.
 */
export function fullDependencies(layer: OrderedLayer, layers: readonly OrderedLayer[]): string[] {
  const natural = layers.filter((other) => FOUNDATIONS.has(other.type) && rank(other) < rank(layer)).map((other) => other.name);
  return [...new Set([...natural, ...layer.dependsOn])];
}
