import type { PlanLayer } from '@slipway/model';
import type { KubeObject } from '@slipway/kube';

export type Blocker =
  /** Not Ready yet: goes by itself. */
  | { readonly type: 'waiting'; readonly on: string }
  /** Never can be: the plan is at fault. */
  | { readonly type: 'impossible'; readonly message: string };

/** Why a layer may not start now, or undefined when it may. A layer waits for every layer it depends on to have been Ready (or ready enough) once at the content the plan names. */
export function blockerOf(layer: PlanLayer, layers: readonly PlanLayer[], mayBeBuiltOn: (name: string) => boolean): Blocker | undefined {
  const cycle = cycleThrough(layer, layers);
  if (cycle !== undefined) return { type: 'impossible', message: `Layers depend on each other in a circle: ${cycle.join(' → ')}.` };
  for (const name of layer.dependsOn) {
    if (!layers.some((other) => other.name === name))
      return { type: 'impossible', message: `It depends on layer "${name}", which the plan does not have.` };
    if (!mayBeBuiltOn(name)) return { type: 'waiting', on: name };
  }
  return undefined;
}

function cycleThrough(start: PlanLayer, layers: readonly PlanLayer[]): string[] | undefined {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const visited = new Set<string>();
  const walk = (name: string, trail: readonly string[]): string[] | undefined => {
    if (name === start.name && trail.length > 0) return [...trail, name];
    if (visited.has(name)) return undefined;
    visited.add(name);
    for (const next of byName.get(name)?.dependsOn ?? []) {
      const found = walk(next, [...trail, name]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(start.name, []);
}

/**
 * Phases of one layer's objects: each is applied in parallel and before the next, after helm's install order: namespaces and definitions first, what
 * workloads mount and run as before them, and what can refuse or redirect other requests last.
 */
const phases: readonly ReadonlySet<string>[] = [
  new Set(['Namespace']),
  new Set(['CustomResourceDefinition']),
  new Set([
    'PriorityClass',
    'NetworkPolicy',
    'ResourceQuota',
    'LimitRange',
    'ServiceAccount',
    'Secret',
    'ConfigMap',
    'StorageClass',
    'PersistentVolume',
    'PersistentVolumeClaim',
    'ClusterRole',
    'ClusterRoleBinding',
    'Role',
    'RoleBinding',
    'Service',
    'RuntimeClass',
    'IngressClass',
  ]),
];
const last = new Set(['APIService', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']);

const phaseOf = (kind: string): number => {
  const index = phases.findIndex((kinds) => kinds.has(kind));
  if (index >= 0) return index;
  return last.has(kind) ? phases.length + 1 : phases.length;
};

/** The objects in the order they are applied: a list of groups, none empty. Deletion goes the other way. */
export function applyPhases<T extends Pick<KubeObject, 'kind'>>(objects: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (const object of objects) (groups[phaseOf(object.kind)] ??= []).push(object);
  return groups.filter((group) => group !== undefined);
}
