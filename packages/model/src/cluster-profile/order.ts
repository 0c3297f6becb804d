import type { FieldCause } from '@slipway/kit';
import { invalidField, listOf } from '../meta/causes.ts';
import type { Layer } from './layer.ts';
import { LAYER_TYPES } from './layer-types.ts';

type OrderedLayer = Pick<Layer, 'name' | 'type' | 'dependsOn' | 'priority'>;

const rank = (layer: OrderedLayer): number => LAYER_TYPES.indexOf(layer.type);

/** Types that must be Ready before anything of a later type starts: without them no pod runs. */
const FOUNDATIONS = new Set<Layer['type']>(['os', 'kubernetes', 'cni']);

export interface Order {
  /** Path of a layer in causes, by its index. */
  readonly fieldOf: (index: number) => string;
  /** Path of all layers. */
  readonly whole: string;
  /** Not every layer is here: one that is waited for may be among the others. */
  readonly partial?: boolean;
}

/**
 * Install order: os → kubernetes → cni → csi → addon, within that by `dependsOn`, then lower priority, then name, so that the same profile always gives the same
 * order. Cycles, unknown and contradictory dependencies go to `causes`; the order is then of no use.
 */
export function orderLayers<L extends OrderedLayer>(layers: readonly L[], order: Order, causes: FieldCause[]): L[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const before = causes.length;
  layers.forEach((layer, index) =>
    checkDependencies(layer, { byName, field: order.fieldOf(index), partial: order.partial ?? false }, causes),
  );
  if (causes.length > before) return [...layers];
  const cycle = findCycle(layers, byName);
  if (cycle) {
    causes.push(
      invalidField(order.whole, `the layers depend on each other in a circle: ${cycle.join(' → ')}; remove one of these dependencies`),
    );
    return [...layers];
  }
  return sorted(layers);
}

interface Place<L> {
  readonly byName: ReadonlyMap<string, L>;
  readonly field: string;
  readonly partial: boolean;
}

function checkDependencies<L extends OrderedLayer>(layer: L, { byName, field, partial }: Place<L>, causes: FieldCause[]): void {
  layer.dependsOn.forEach((name, at) => {
    const on = byName.get(name);
    const others = [...byName.keys()].filter((other) => other !== layer.name);
    if (!on) {
      if (!partial) causes.push(invalidField(`${field}.dependsOn[${at}]`, `there is no layer "${name}"; there are: ${listOf(others)}`));
    } else if (rank(on) > rank(layer)) {
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
  const names = new Set(layers.map(({ name }) => name));
  const order: L[] = [];
  while (left.length > 0) {
    // The first that waits for nothing unplaced: sorted input makes this the natural order with priority and name as tie-breaks.
    const at = left.findIndex((layer) => layer.dependsOn.every((name) => placed.has(name) || !names.has(name)));
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
