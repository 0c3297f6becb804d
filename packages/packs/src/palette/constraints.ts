import { isRange, isRecord, parseQuantity, type PathStep } from '@slipway/model';
import { dottedSteps, type Layout } from './layout.ts';
import { layerOf } from './pack-json.ts';
import { type Ledger, pathOf } from './report.ts';

export interface ConstraintsInput {
  readonly json: Ledger;
  readonly name: string;
  readonly layout: Layout;
  /** values.yaml, for paths with dots. */
  readonly values: unknown;
}

/** `constraints` of pack.json as ours. */
export function readConstraints(input: ConstraintsInput): Record<string, unknown> {
  const content = isRecord(input.json.value) ? input.json.value['constraints'] : undefined;
  if (!isRecord(content)) return {};
  const constraints: Record<string, unknown> = {};
  const dependencies: object[] = [];
  for (const [index, dependency] of listOf(content['dependencies']).entries())
    if (isRecord(dependency)) addDependency(dependency, ['constraints', 'dependencies', index], { ...input, constraints, dependencies });
  if (dependencies.length > 0) constraints['dependencies'] = dependencies;
  const resources = readResources(listOf(content['resources']), input);
  return resources === undefined ? constraints : { ...constraints, resources };
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

interface Adding extends ConstraintsInput {
  readonly constraints: Record<string, unknown>;
  readonly dependencies: object[];
}

const TYPES: Readonly<Record<string, 'required' | 'optional' | 'conflicts'>> = {
  required: 'required',
  optional: 'optional',
  notSupported: 'conflicts',
};

function addDependency(dependency: Record<string, unknown>, at: readonly PathStep[], to: Adding): void {
  const { packName, type, minVersion, maxVersion } = dependency;
  const pack = typeof packName === 'string' ? packName : '';
  const version = rangeOf(minVersion, maxVersion);
  const kind = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  const layer = layerOf(dependency['layer']);
  if (version === undefined || !/^[a-z0-9]([-a-z0-9._]*[a-z0-9])?$/.test(pack) || (kind === undefined && type !== 'upgrade')) {
    to.json.report(at, 'a dependency that cannot be read was left out', 'Write it in constraints.dependencies of slipway.yaml.');
    return;
  }
  if (type === 'upgrade' && (pack !== to.name || to.constraints['upgradeFrom'] !== undefined)) {
    to.json.report(
      at,
      `an upgrade of the pack "${pack}" that this pack waits for has no equivalent`,
      'Upgrade that pack by a version of the profile of its own, before the one that has this pack.',
    );
    return;
  }
  for (const key of ['packName', 'type', 'minVersion', 'maxVersion'] as const) to.json.take(...at, key);
  if (layer !== undefined) to.json.take(...at, 'layer');
  if (kind === undefined) to.constraints['upgradeFrom'] = version;
  // Of Kubernetes there is always exactly one.
  else if (pack === 'kubernetes' && kind !== 'conflicts' && to.constraints['kubernetes'] === undefined)
    to.constraints['kubernetes'] = version;
  else to.dependencies.push({ pack, version, type: kind, ...(layer === undefined ? {} : { layer }) });
}

function rangeOf(least: unknown, most: unknown): string | undefined {
  const parts = [
    ['>=', least],
    ['<=', most],
  ].flatMap(([sign, version]) =>
    version === undefined || version === null || version === '' ? [] : [`${String(sign)}${String(version).trim()}`],
  );
  const range = parts.length === 0 ? '*' : parts.join(' ');
  return isRange(range) ? range : undefined;
}

const RESOURCES: Readonly<Record<string, { name: 'cpu' | 'memory' | 'disk'; unit: string }>> = {
  cpu: { name: 'cpu', unit: 'm' },
  memory: { name: 'memory', unit: 'Mi' },
  diskSize: { name: 'disk', unit: 'Gi' },
};
const NODES: Readonly<Record<string, string>> = { all: 'all', master: 'control-plane', 'control-plane': 'control-plane', worker: 'worker' };

function readResources(list: readonly unknown[], input: ConstraintsInput): Record<string, unknown> | undefined {
  const resources: Record<string, unknown> = {};
  const components: object[] = [];
  for (const [index, resource] of list.entries()) {
    const at = ['constraints', 'resources', index];
    const kind =
      isRecord(resource) && typeof resource['type'] === 'string' && Object.hasOwn(RESOURCES, resource['type'])
        ? RESOURCES[resource['type']]
        : undefined;
    if (!isRecord(resource) || kind === undefined) continue;
    input.json.take(...at, 'type');
    const { minLimit } = resource;
    if (typeof minLimit === 'number' && parseQuantity(`${minLimit}${kind.unit}`) !== undefined) {
      resources[kind.name] = `${minLimit}${kind.unit}`;
      input.json.take(...at, 'minLimit');
    }
    for (const [place, component] of listOf(resource['components']).entries())
      if (isRecord(component)) addComponent(component, [...at, 'components', place], { ...input, components, resource: kind.name });
  }
  const found = components.length === 0 ? resources : { ...resources, components };
  return Object.keys(found).length === 0 ? undefined : found;
}

function addComponent(
  component: Record<string, unknown>,
  at: readonly PathStep[],
  { json, layout, values, components, resource }: ConstraintsInput & { components: object[]; resource: string },
): void {
  const place = (ref: unknown): string | undefined => {
    const placed = typeof ref === 'string' && ref !== '' ? layout.place(dottedSteps(ref, values)) : undefined;
    return placed === undefined || placed.length === 0 ? undefined : pathOf(placed);
  };
  const request = place(component['resourceRequestParamRef']);
  const replicas = place(component['replicaCountParamRef']);
  const schedule = component['scheduleType'];
  const perNode = typeof schedule === 'string' && Object.hasOwn(NODES, schedule) ? NODES[schedule] : undefined;
  if (request === undefined || (component['replicaCountParamRef'] && replicas === undefined)) {
    json.report(
      at,
      'its references do not lead to values of the pack, so it was left out',
      'Write it in constraints.resources.components of slipway.yaml, with paths of the values.',
    );
    return;
  }
  json.take(...at, 'resourceRequestParamRef');
  if (replicas === undefined) json.take(...at, 'scheduleType');
  else {
    json.take(...at, 'replicaCountParamRef');
    if (schedule !== undefined)
      json.report(
        [...at, 'scheduleType'],
        'with a number of replicas, the nodes they run on do not matter here: all nodes together must have enough',
        'Nothing, if that will do.',
      );
  }
  components.push({ resource, request, ...(replicas === undefined ? (perNode === undefined ? {} : { perNode }) : { replicas }) });
}
