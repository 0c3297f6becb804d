import { costReport, type Prices } from '@slipway/model/browser';
import type { Cluster, Pool } from '../../hub/objects.ts';
import { attention } from '../clusters/attention.ts';
import { profileText, spread } from '../clusters/cluster-rows.ts';
import { phaseOf } from '../clusters/cluster-status.tsx';

export interface Capacity {
  readonly machines: number;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Machines whose size nobody said: they take what their host has. */
  readonly unsized: number;
}

interface Machines {
  readonly count: number;
  readonly size: { readonly cpu?: number | undefined; readonly memoryMiB?: number | undefined };
}

function sum(machines: readonly Machines[]): Capacity {
  let [count, cores, memoryMiB, unsized] = [0, 0, 0, 0];
  for (const { count: own, size } of machines) {
    count += own;
    cores += own * (size.cpu ?? 0);
    memoryMiB += own * (size.memoryMiB ?? 0);
    if (size.cpu === undefined || size.memoryMiB === undefined) unsized += own;
  }
  return { machines: count, cores, memoryGiB: Math.round(memoryMiB / 1024), unsized };
}

/** What clusters declare, by role and together. */
export function capacity(
  clusters: readonly Cluster[],
  pools: readonly Pool[],
): { controlPlanes: Capacity; workers: Capacity; all: Capacity } {
  const controlPlanes = clusters.map(({ spec }): Machines => ({ count: spec.controlPlane.replicas, size: spec.controlPlane.size }));
  const workers = pools.map(({ spec }): Machines => ({ count: spec.replicas, size: spec.size }));
  return { controlPlanes: sum(controlPlanes), workers: sum(workers), all: sum([...controlPlanes, ...workers]) };
}

export interface FleetCost {
  readonly currency: string;
  readonly perMonth: number;
  /** Clusters whose account has prices. */
  readonly clusters: number;
}

/** What clusters are expected to cost a month by the prices of their accounts, one line for each currency. */
export function fleetCost(
  clusters: readonly Cluster[],
  pools: readonly Pool[],
  pricesOf: (account: string) => Prices | undefined,
): FleetCost[] {
  const found = new Map<string, { currency: string; perMonth: number; clusters: number }>();
  for (const { cost } of costReport(clusters, pools, pricesOf)) {
    if (cost === undefined) continue;
    const sum = found.get(cost.currency) ?? { currency: cost.currency, perMonth: 0, clusters: 0 };
    sum.perMonth += Number(cost.perMonth);
    sum.clusters += 1;
    found.set(cost.currency, sum);
  }
  return [...found.values()].toSorted((a, b) => b.clusters - a.clusters);
}

export interface ProfileSpread {
  readonly profile: string;
  readonly clusters: number;
  /** The newest first. */
  readonly versions: readonly { readonly version: string; readonly clusters: number; readonly share: number }[];
}

const newerFirst = (a: string, b: string): number => b.localeCompare(a, 'en', { numeric: true });

/** Which versions of each profile are in use, the profile of most clusters first. */
export function profileSpread(clusters: readonly Cluster[]): ProfileSpread[] {
  const texts = spread(clusters, profileText);
  return spread(clusters, ({ spec }) => spec.profile.name).map(([profile, count]) => ({
    profile,
    clusters: count,
    versions: texts
      .filter(([text]) => text.startsWith(`${profile}@`))
      .map(([text, own]) => ({ version: text.slice(profile.length + 1), clusters: own, share: own / count }))
      .toSorted((a, b) => newerFirst(a.version, b.version)),
  }));
}

export const PARTS_OF_WORLD = ['North America', 'Europe', 'Asia Pacific', 'South America', 'Africa & Middle East', 'Elsewhere'] as const;
export type PartOfWorld = (typeof PARTS_OF_WORLD)[number];

/** How clouds begin the names of their regions. */
const BEGINNINGS: readonly (readonly [RegExp, PartOfWorld])[] = [
  [/^(us|ca|mx|na|northamerica|canada|central-?us|east-?us|west-?us)/, 'North America'],
  [/^(sa|br|southamerica|brazil|latam)/, 'South America'],
  [/^(eu|europe|uk|de|fr|germany|france|sweden|norway|swiss|italy|poland|spain|north-?europe|west-?europe)/, 'Europe'],
  [/^(ap|asia|au|australia|cn|china|jp|japan|kr|korea|in|india|sg|southeastasia)/, 'Asia Pacific'],
  [/^(af|africa|me|il|za|uae|qatar|southafrica)/, 'Africa & Middle East'],
];

export const partOfWorld = (region: string): PartOfWorld =>
  BEGINNINGS.find(([beginning]) => beginning.test(region.toLowerCase()))?.[1] ?? 'Elsewhere';

/** The label by which clusters of a region are found. */
const REGION_LABELS = ['region', 'topology.kubernetes.io/region'] as const;

export interface Place {
  readonly key: string;
  readonly account: string;
  /** Undefined for clusters that say none. */
  readonly region: string | undefined;
  readonly label: string | undefined;
  readonly part: PartOfWorld;
  readonly clusters: number;
  readonly nodes: number;
  readonly needs: number;
  /** Running, on their way, in trouble, and at rest: paused, being deleted, waiting. */
  readonly states: { readonly ok: number; readonly busy: number; readonly bad: number; readonly quiet: number };
}

const STATE_OF = {
  Running: 'ok',
  Updating: 'busy',
  Provisioning: 'busy',
  Degraded: 'bad',
  Failed: 'bad',
  Unknown: 'bad',
  Paused: 'quiet',
  Deleting: 'quiet',
  Pending: 'quiet',
} as const;

/** Where clusters are: by cloud account, and by region as their labels say. The largest first. */
export function places(clusters: readonly Cluster[]): Place[] {
  const found = new Map<
    string,
    { -readonly [K in keyof Place]: Place[K] } & { states: { ok: number; busy: number; bad: number; quiet: number } }
  >();
  for (const cluster of clusters) {
    const { labels = {} } = cluster.metadata;
    const label = REGION_LABELS.find((one) => labels[one] !== undefined);
    const region = label === undefined ? undefined : labels[label];
    const account = cluster.spec.cloudAccount;
    const key = `${account}/${region ?? ''}`;
    const place = found.get(key) ?? {
      key,
      account,
      region,
      label: label === undefined ? undefined : `${label}=${region ?? ''}`,
      part: region === undefined ? 'Elsewhere' : partOfWorld(region),
      clusters: 0,
      nodes: 0,
      needs: 0,
      states: { ok: 0, busy: 0, bad: 0, quiet: 0 },
    };
    place.clusters += 1;
    place.nodes += cluster.status?.nodes.total ?? 0;
    place.needs += attention(cluster) === undefined ? 0 : 1;
    place.states[STATE_OF[phaseOf(cluster)]] += 1;
    found.set(key, place);
  }
  return [...found.values()].toSorted((a, b) => b.clusters - a.clusters || a.key.localeCompare(b.key));
}
