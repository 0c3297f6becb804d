import { LAYER_TYPES } from './layer-types.ts';
import type { Layer } from './layer.ts';
import { orderLayers } from './order.ts';

type OrderedLayer = Pick<Layer, 'name' | 'type' | 'dependsOn' | 'priority'>;

/** The layers as somebody wants them, or why they cannot stand like that. */
export type Moved<L> = { readonly ok: true; readonly layers: L[] } | { readonly ok: false; readonly why: string };

const ORDER = { fieldOf: (index: number) => `layers[${index}]`, whole: 'layers' } as const;

/** Install order; of layers whose dependencies are wrong, the order they are written in. */
export const effectiveOrder = <L extends OrderedLayer>(layers: readonly L[]): L[] => orderLayers(layers, { ...ORDER, partial: true }, []);

/**
 * Moves a layer to another place in the install order by its priority, which is all that is free: types and dependencies decide the rest. As few priorities as possible
 * become others, and the layers stay written in the order they were. Pure.
 *
 * @example moveLayer(layers, 'metrics', 3) // { ok: false, why: '"metrics" waits for "storage"; …' }
 */
export function moveLayer<L extends OrderedLayer>(layers: readonly L[], name: string, to: number): Moved<L> {
  const order = effectiveOrder(layers);
  const from = order.findIndex((layer) => layer.name === name);
  const moved = order[from];
  if (moved === undefined) return { ok: false, why: `There is no layer "${name}".` };
  const at = Math.max(0, Math.min(order.length - 1, to));
  const crossed = at < from ? order.slice(at, from).toReversed() : order.slice(from + 1, at + 1);
  for (const other of crossed) {
    const why = at < from ? whyNotBefore(moved, other, layers) : whyNotBefore(other, moved, layers);
    if (why !== undefined) return { ok: false, why };
  }
  const rest = order.filter((layer) => layer !== moved);
  return { ok: true, layers: withOrder(layers, rest.toSpliced(at, 0, moved), moved) };
}

/** Why `first` cannot be installed before `second`, which goes before it now. */
function whyNotBefore(first: OrderedLayer, second: OrderedLayer, layers: readonly OrderedLayer[]): string | undefined {
  if (rank(second) < rank(first))
    return `Layers of type ${second.type} are installed before those of type ${first.type}, so "${first.name}" cannot go before "${second.name}".`;
  const trail = dependencyTrail(first, second.name, layers);
  if (trail === undefined) return undefined;
  const through = trail.length === 0 ? '' : ` (through ${trail.map((name) => `"${name}"`).join(', ')})`;
  return `"${first.name}" waits for "${second.name}"${through}, so it cannot go before it. Remove that dependency first.`;
}

const rank = ({ type }: OrderedLayer): number => LAYER_TYPES.indexOf(type);

/** Names of the layers between one that waits and what it waits for; undefined when it does not. */
function dependencyTrail(layer: OrderedLayer, on: string, layers: readonly OrderedLayer[], seen = new Set<string>()): string[] | undefined {
  if (layer.dependsOn.includes(on)) return [];
  seen.add(layer.name);
  for (const name of layer.dependsOn) {
    const next = layers.find((other) => other.name === name);
    if (next === undefined || seen.has(name)) continue;
    const trail = dependencyTrail(next, on, layers, seen);
    if (trail !== undefined) return [name, ...trail];
  }
  return undefined;
}

/** The priority of the moved layer alone when one does, else those of its type anew, ten apart. */
function withOrder<L extends OrderedLayer>(layers: readonly L[], wanted: readonly L[], moved: L): L[] {
  const set = (priorities: ReadonlyMap<string, number>) =>
    layers.map((layer) => {
      const priority = priorities.get(layer.name);
      return priority === undefined || priority === layer.priority ? layer : { ...layer, priority };
    });
  const peers = wanted.filter(({ type }) => type === moved.type);
  const at = peers.indexOf(moved);
  const near = [peers[at - 1], peers[at + 1]].flatMap((layer) => (layer === undefined ? [] : [layer.priority]));
  const candidates = [
    moved.priority,
    ...near,
    Math.max(...near) + 1,
    Math.min(...near) - 1,
    Math.round((near[0] ?? 0) / 2 + (near[1] ?? 0) / 2),
  ];
  for (const priority of new Set(candidates)) {
    if (!Number.isSafeInteger(priority)) continue;
    const made = set(new Map([[moved.name, priority]]));
    if (sameNames(effectiveOrder(made), wanted)) return made;
  }
  return set(new Map(peers.map(({ name }, index) => [name, index * 10])));
}

const sameNames = (a: readonly OrderedLayer[], b: readonly OrderedLayer[]): boolean =>
  a.every(({ name }, index) => name === b[index]?.name);
