import type { FieldCause } from '@slipway/kit';
import { invalidField } from '../meta/causes.ts';
import type { Values } from '../meta/merge-values.ts';
import { formatBytes, formatCores, parseQuantity } from '../meta/quantity.ts';
import { splitPath, valueAt } from '../meta/value-path.ts';
import type { ConstrainedLayer } from './constraints.ts';
import type { PackConstraints, ResourceComponent } from './metadata.ts';

/** What all nodes of a cluster have together; what is not known is not checked. */
export interface ClusterCapacity {
  /** Cores. */
  readonly cpu?: number | undefined;
  /** Bytes. */
  readonly memory?: number | undefined;
  readonly disk?: number | undefined;
  readonly controlPlanes: number;
  readonly workers: number;
}

type Resource = ResourceComponent['resource'];
const RESOURCES: readonly Resource[] = ['cpu', 'memory', 'disk'];

export function checkResources(
  layer: ConstrainedLayer,
  { resources }: PackConstraints,
  capacity: ClusterCapacity | undefined,
): FieldCause[] {
  if (!resources || !capacity) return [];
  return RESOURCES.flatMap((resource) => {
    const has = capacity[resource];
    const components = resources.components.filter((component) => component.resource === resource);
    const needs =
      components.length === 0
        ? parseQuantity(resources[resource] ?? 0)
        : components.reduce((sum, component) => sum + amountOf(component, layer.values ?? {}, capacity), 0);
    if (has === undefined || needs === undefined || needs <= has) return [];
    const show = resource === 'cpu' ? formatCores : formatBytes;
    return [
      invalidField(
        layer.field,
        `layer "${layer.name}" (${layer.pack.name} ${layer.pack.version}) needs ${show(needs)} of ${resource}, and all nodes together have ${show(has)}; add nodes, take larger ones, or lower what the layer asks for`,
      ),
    ];
  });
}

/** What is not in the values, or is no quantity, counts as nothing: a constraint must not refuse what it cannot read. */
function amountOf(component: ResourceComponent, values: Values, capacity: ClusterCapacity): number {
  const at = (path: string): unknown => valueAt(values, splitPath(path) ?? []);
  const request = at(component.request);
  const each = typeof request === 'string' || typeof request === 'number' ? (parseQuantity(request) ?? 0) : 0;
  const replicas = component.replicas === undefined ? 1 : Number(at(component.replicas));
  return each * (Number.isFinite(replicas) && replicas >= 0 ? replicas : 1) * nodesOf(component, capacity);
}

function nodesOf({ perNode }: ResourceComponent, { controlPlanes, workers }: ClusterCapacity): number {
  switch (perNode) {
    case undefined:
      return 1;
    case 'all':
      return controlPlanes + workers;
    case 'control-plane':
      return controlPlanes;
    case 'worker':
      return workers;
  }
}
