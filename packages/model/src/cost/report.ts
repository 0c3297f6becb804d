import { poolName } from '../machine-pool/pool-name.ts';
import { type CostEstimate, estimateCost, type MachineGroup, type Prices, sumOfMoney } from './estimate.ts';

interface ClusterOf {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
  readonly spec: { readonly cloudAccount: string; readonly controlPlane: Omit<MachineGroup, 'name'> };
}
interface PoolOf {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
  readonly spec: Omit<MachineGroup, 'name'> & { readonly cluster: string; readonly pool?: string | undefined };
}

export interface ClusterCost {
  readonly project: string;
  readonly cluster: string;
  readonly account: string;
  readonly machines: number;
  /** Absent when the account has no prices. */
  readonly cost?: CostEstimate;
}

/** What each cluster is expected to cost by what it declares; sorted by project and name. */
export function costReport(
  clusters: readonly ClusterOf[],
  pools: readonly PoolOf[],
  pricesOf: (account: string) => Prices | undefined,
): ClusterCost[] {
  const byCluster = Map.groupBy(pools, ({ metadata, spec }) => `${metadata.namespace}/${spec.cluster}`);
  const rows = clusters.map(({ metadata: { name, namespace = '' }, spec }): ClusterCost => {
    const own = byCluster.get(`${namespace}/${name}`) ?? [];
    const groups = [
      { name: 'control plane', replicas: spec.controlPlane.replicas, size: spec.controlPlane.size },
      ...own.map((pool) => ({ name: poolName(pool), replicas: pool.spec.replicas, size: pool.spec.size })),
    ];
    const cost = estimateCost(groups, pricesOf(spec.cloudAccount));
    return {
      project: namespace,
      cluster: name,
      account: spec.cloudAccount,
      machines: groups.reduce((sum, { replicas }) => sum + replicas, 0),
      ...(cost === undefined ? {} : { cost }),
    };
  });
  return rows.toSorted((a, b) => compare(a.project, b.project) || compare(a.cluster, b.cluster));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export interface CostSum {
  readonly project: string;
  /** Absent for clusters without prices. */
  readonly currency?: string;
  readonly clusters: number;
  readonly machines: number;
  readonly perHour?: string;
  readonly perMonth?: string;
  /** Clusters of which some or all machines are not counted. */
  readonly incomplete: number;
}

/** Why a cluster's price is not all known; undefined when it is. */
export function notCounted({ account, cost }: ClusterCost): string | undefined {
  if (cost === undefined) return `the account "${account}" has no prices`;
  const causes = cost.groups.flatMap(({ name, because }) => (because === undefined ? [] : [`${name}: ${because}`]));
  return causes.length === 0 ? undefined : causes.join('; ');
}

/** Per project, one line for each currency: different money is not added up. */
export function costByProject(rows: readonly ClusterCost[]): CostSum[] {
  const groups = Map.groupBy(rows, ({ project, cost }) => `${project}/${cost?.currency ?? ''}`);
  return [...groups.values()].map((members): CostSum => {
    const costs = members.flatMap(({ cost }) => (isKnown(cost) ? [cost] : []));
    const currency = members[0]?.cost?.currency;
    return {
      project: members[0]?.project ?? '',
      clusters: members.length,
      machines: members.reduce((sum, { machines }) => sum + machines, 0),
      incomplete: members.filter((row) => notCounted(row) !== undefined).length,
      ...(currency === undefined ? {} : { currency }),
      ...(costs.length === 0
        ? {}
        : {
            perHour: sumOfMoney(costs.map(({ perHour }) => perHour)),
            perMonth: sumOfMoney(costs.map(({ perMonth }) => perMonth)),
          }),
    };
  });
}

/** What is not known stays empty in a table for machines: a zero would be added up. */
export const costCells = (rows: readonly ClusterCost[]): string[][] => [
  ['project', 'cluster', 'account', 'machines', 'perHour', 'perMonth', 'currency', 'notCounted'],
  ...rows.map((row) => [
    row.project,
    row.cluster,
    row.account,
    String(row.machines),
    ...amounts(row.cost),
    row.cost?.currency ?? '',
    notCounted(row) ?? '',
  ]),
];

/** Of a cluster none of whose machines could be counted, the sum of the rest would be a zero that nobody said. */
const amounts = (cost: CostEstimate | undefined): [string, string] => (isKnown(cost) ? [cost.perHour, cost.perMonth] : ['', '']);

/** Whether any of it has a price; no machines cost nothing, and that is known. */
export const isKnown = (cost: CostEstimate | undefined): cost is CostEstimate =>
  cost !== undefined && (cost.groups.length === 0 || cost.groups.some(({ perHour }) => perHour !== undefined));

export const projectCells = (sums: readonly CostSum[]): string[][] => [
  ['project', 'clusters', 'machines', 'perHour', 'perMonth', 'currency', 'notCounted'],
  ...sums.map(({ project, clusters, machines, perHour = '', perMonth = '', currency = '', incomplete }) => [
    project,
    String(clusters),
    String(machines),
    perHour,
    perMonth,
    currency,
    incomplete === 0 ? '' : `${incomplete} of ${clusters} clusters in part or whole`,
  ]),
];
