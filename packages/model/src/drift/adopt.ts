import type { Can } from '../cluster/can.ts';
import type { DriftFact } from '../plan/facts.ts';
import { pathSteps } from './drift-path.ts';

/** What a layer of the cluster is told now, of `GET …/clusters/<name>/values?layer=…&defaults=true`. */
export interface ToldLayer {
  readonly values?: unknown;
  readonly objects?: readonly unknown[];
}

/** One value of a layer that, overridden, gives what is live. */
export interface Adoption {
  /** Of the object. */
  readonly field: string;
  /** Of the layer's values. */
  readonly path: readonly string[];
  readonly from: unknown;
  readonly to: unknown;
}

export type Adoptable = { readonly adoptions: readonly Adoption[] } | { readonly because: string };

/**
 * How a difference becomes an override of the cluster: for each field the one value of its layer that is what was applied there and is named like the field (`replicas`, `replicaCount`). Where there is none, or
 * more than one, it is said rather than guessed.
 */
export function adoptable({ type, layer, diff }: DriftFact, told: ToldLayer): Adoptable {
  if (type === 'Deleted')
    return { because: 'The object was deleted: an override changes values and takes no object away. Ignore it, or revert.' };
  if (told.values === undefined || told.values === null || typeof told.values !== 'object')
    return { because: `Layer ${layer} is made of manifests, which take no overrides: change its profile, or ignore the difference.` };
  const leaves = leavesOf(told.values, []);
  const adoptions: Adoption[] = [];
  for (const { path: field, wanted, live } of diff) {
    const named = lastName(field);
    if (wanted === '***' || live === '***') return { because: `${field} holds a secret, which no override takes.` };
    if (live === undefined || wanted === undefined)
      return { because: `${field} was ${live === undefined ? 'removed' : 'added'}: an override can only change a value.` };
    const fits = leaves.filter(({ path, value }) => JSON.stringify(value) === JSON.stringify(wanted) && alike(path.at(-1) ?? '', named));
    const [fit] = fits;
    if (fit === undefined)
      return { because: `No value of layer ${layer} is seen to give ${field}: set it under spec.overrides yourself, or ignore it.` };
    if (fits.length > 1)
      return {
        because: `Several values of layer ${layer} may give ${field} (${fits.map(({ path }) => path.join('.')).join(', ')}): set the right one under spec.overrides.`,
      };
    adoptions.push({ field, path: fit.path, from: wanted, to: live });
  }
  return { adoptions };
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

function leavesOf(value: unknown, path: readonly string[]): Leaf[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([key, below]) => leavesOf(below, [...path, key]));
}

const lastName = (field: string): string => String((pathSteps(field) ?? []).findLast((step) => typeof step === 'string') ?? '');

/** `replicas` and `replicaCount`, `cpu` and `cpu`. */
const alike = (a: string, b: string): boolean => plain(a) === plain(b);
const plain = (name: string): string => name.toLowerCase().replace(/(count|s)$/, '');

/** The values of an override as a merge patch takes them. */
export function overrideValues(adoptions: readonly Adoption[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { path, to } of adoptions) {
    let at = values;
    for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
    at[path.at(-1) ?? ''] = to;
  }
  return values;
}

export const canAdopt = (found: Adoptable): Can => ('because' in found ? { yes: false, because: found.because } : { yes: true });
