import type { Kind } from '../meta/define-kind.ts';
import type { MachineSize } from '../machine/machine-size.ts';

/** How much of each resource: `{ clusters: 1, nodes: 3, cpu: 12, memoryMiB: 24576, objects: 1 }`. */
export type Amounts = Readonly<Record<string, number>>;

/** What quotas limit besides the number of objects of each kind. */
export const MEASURES = ['objects', 'nodes', 'cpu', 'memoryMiB'] as const;

export interface Usage {
  readonly amounts: Amounts;
  /** Where an object does not say how much it takes: the resource and the field that would say it. */
  readonly unsaid: Readonly<Record<string, string>>;
}

interface Machines {
  readonly replicas: number;
  readonly size: MachineSize;
  /** The field of the size. */
  readonly field: string;
}

/** The kinds that ask for machines. */
const MACHINES: Readonly<Record<string, (spec: any) => Machines>> = {
  Cluster: ({ controlPlane }) => ({
    replicas: controlPlane?.replicas ?? 0,
    size: controlPlane?.size ?? {},
    field: 'spec.controlPlane.size',
  }),
  MachinePool: ({ replicas, size }) => ({ replicas: replicas ?? 0, size: size ?? {}, field: 'spec.size' }),
};
/** Kinds of which a quota must know the spec; of others the number is enough. */
export const MEASURED_KINDS: readonly string[] = Object.keys(MACHINES);

/** What one object takes from its quotas. */
export function usageOf(kind: Pick<Kind, 'kind' | 'plural' | 'readOnly'>, spec: unknown): Usage {
  const counted = { [kind.plural]: 1, ...(kind.readOnly ? {} : { objects: 1 }) };
  const machines = MACHINES[kind.kind]?.(spec);
  if (machines === undefined) return { amounts: counted, unsaid: {} };
  const { replicas, size, field } = machines;
  const sized = (['cpu', 'memoryMiB'] as const).filter((resource) => size[resource] !== undefined);
  const amounts = sized.map((resource) => [resource, replicas * (size[resource] ?? 0)]);
  const unsaid = (['cpu', 'memoryMiB'] as const).filter((resource) => size[resource] === undefined && replicas > 0);
  return {
    amounts: { ...counted, nodes: replicas, ...Object.fromEntries(amounts) },
    unsaid: Object.fromEntries(unsaid.map((resource) => [resource, `${field}.${resource}`])),
  };
}

/** What a change takes more than before; empty when it takes no more of anything. */
export function growthOf(before: Usage | undefined, after: Usage): Usage {
  const amounts = Object.entries(after.amounts)
    .map(([resource, amount]) => [resource, rounded(amount - (before?.amounts[resource] ?? 0))] as const)
    .filter(([, amount]) => amount > 0);
  return { amounts: Object.fromEntries(amounts), unsaid: amounts.length > 0 ? after.unsaid : {} };
}

export function sumOf(all: readonly Amounts[]): Amounts {
  const sum: Record<string, number> = {};
  for (const amounts of all)
    for (const [resource, amount] of Object.entries(amounts)) sum[resource] = rounded((sum[resource] ?? 0) + amount);
  return sum;
}

/** Fractions of cores must not add up to 2.0000000000000004. */
const rounded = (amount: number): number => Math.round(amount * 1000) / 1000;

/** Why a change does not fit under a limit, in Kubernetes' words; undefined when it does. */
export function refusalOf(limit: { readonly name: string; readonly hard: Amounts }, used: Amounts, growth: Usage): string | undefined {
  const unsaid = Object.keys(growth.unsaid).filter((resource) => limit.hard[resource] !== undefined);
  if (unsaid.length > 0)
    return `failed quota: ${limit.name}: must specify ${unsaid.map((resource) => `${resource} (${growth.unsaid[resource]})`).join(', ')}`;
  const over = Object.keys(growth.amounts)
    .filter((resource) => limit.hard[resource] !== undefined)
    .filter((resource) => rounded((used[resource] ?? 0) + (growth.amounts[resource] ?? 0)) > (limit.hard[resource] ?? 0))
    .toSorted();
  if (over.length === 0) return undefined;
  const words = (amounts: Amounts) => over.map((resource) => `${resource}=${amounts[resource] ?? 0}`).join(',');
  return `exceeded quota: ${limit.name}, requested: ${words(growth.amounts)}, used: ${words(used)}, limited: ${words(limit.hard)}`;
}
