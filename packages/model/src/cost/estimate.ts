import type { MachineSize } from '../machine/machine-size.ts';

/** What a cloud account says machines cost: decimal numbers as text, so that no fraction is lost. */
export interface Prices {
  /** ISO 4217: `EUR`. */
  readonly currency: string;
  readonly machineHour?: string | undefined;
  readonly coreHour?: string | undefined;
  readonly memoryGiBHour?: string | undefined;
}

export interface MachineGroup {
  /** `control plane`, `workers` */
  readonly name: string;
  readonly replicas: number;
  readonly size: MachineSize;
}

/** What machines are expected to cost by their declared sizes; what they are used for does not matter. */
export interface CostEstimate {
  readonly currency: string;
  readonly groups: readonly GroupCost[];
  /** Of the groups that could be priced; decimal, up to six places. */
  readonly perHour: string;
  /** `perHour` × {@link HOURS_A_MONTH}; two places. */
  readonly perMonth: string;
}

export interface GroupCost {
  readonly name: string;
  readonly replicas: number;
  /** Absent when it cannot be said; `because` tells why. */
  readonly perHour?: string;
  /** How it comes about: `2 × (0.01 + 4 cores × 0.02 + 8 GiB × 0.003)`. */
  readonly formula?: string;
  readonly because?: string;
}

/** 365 days / 12. */
export const HOURS_A_MONTH = 730;

const MICRO = 1_000_000n;
/** Cores are counted in thousandths and memory in MiB: a share of both is exact in these. */
const PARTS = 1000n * 1024n;

/** The estimate for a cluster's machines; undefined when the account has no prices. Groups without machines cost nothing and are left out. */
export function estimateCost(groups: readonly MachineGroup[], prices: Prices | undefined): CostEstimate | undefined {
  if (prices === undefined) return undefined;
  const priced = groups.filter(({ replicas }) => replicas > 0).map((group) => groupCost(group, prices));
  const micros = priced.reduce((sum, { micros: one }) => sum + (one ?? 0n), 0n);
  return {
    currency: prices.currency,
    groups: priced.map(({ cost }) => cost),
    perHour: money(micros, 6),
    perMonth: money(micros * BigInt(HOURS_A_MONTH), 2),
  };
}

function groupCost({ name, replicas, size }: MachineGroup, prices: Prices): { cost: GroupCost; micros?: bigint } {
  const unsaid = [
    ...(prices.coreHour !== undefined && size.cpu === undefined ? ['cores'] : []),
    ...(prices.memoryGiBHour !== undefined && size.memoryMiB === undefined ? ['memory'] : []),
  ];
  if (unsaid.length > 0) return { cost: { name, replicas, because: `its size says no ${unsaid.join(' and no ')}` } };
  const milliCores = BigInt(Math.round((size.cpu ?? 0) * 1000));
  const mib = BigInt(size.memoryMiB ?? 0);
  const parts =
    microsOf(prices.machineHour) * PARTS + milliCores * 1024n * microsOf(prices.coreHour) + mib * 1000n * microsOf(prices.memoryGiBHour);
  const micros = rounded(parts * BigInt(replicas), PARTS);
  const terms = [
    ...(prices.machineHour === undefined ? [] : [prices.machineHour]),
    ...(prices.coreHour === undefined ? [] : [`${size.cpu} ${size.cpu === 1 ? 'core' : 'cores'} × ${prices.coreHour}`]),
    ...(prices.memoryGiBHour === undefined ? [] : [`${gib(mib)} GiB × ${prices.memoryGiBHour}`]),
  ];
  return { cost: { name, replicas, perHour: money(micros, 6), formula: `${replicas} × (${terms.join(' + ')})` }, micros };
}

const gib = (mib: bigint): string => String(Number((Number(mib) / 1024).toFixed(3)));

/** `0.0125` → 12500; a text that is no such number was refused when it was stored. */
function microsOf(text = '0'): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * MICRO + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}

/** Adds up amounts as they are told here. */
export const sumOfMoney = (amounts: readonly string[]): string =>
  money(
    amounts.reduce((sum, amount) => sum + microsOf(amount), 0n),
    6,
  );

const rounded = (value: bigint, by: bigint): bigint => (value + by / 2n) / by;

/** At most `places` digits after the point, at least two. */
function money(micros: bigint, places: 2 | 6): string {
  const shown = places === 2 ? rounded(micros, 10_000n) * 10_000n : micros;
  const fraction = String(shown % MICRO).padStart(6, '0');
  return `${shown / MICRO}.${fraction.slice(0, 2)}${fraction.slice(2).replace(/0+$/, '')}`;
}
