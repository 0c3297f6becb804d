import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@slipway/kube';
import { appliedBy, childrenOf, covers, pathText, stepInto, type FieldPath, type FieldSet } from './field-set.ts';
import { managerOf, yieldedSets } from './ownership.ts';

/** One field that is not as the profile says. */
export interface FieldDrift {
  readonly path: string;
  readonly fields: FieldPath;
  readonly wanted?: unknown;
  readonly live?: unknown;
  readonly manager?: string;
}

export interface DriftComparison {
  readonly drifted: readonly FieldDrift[];
  /** Fields that differ but belong to an autoscaler or another controller: left alone, and left out of what is applied. */
  readonly yielded: readonly FieldPath[];
}

const MASK = '***';
const MAX_FIELDS = 50;
/** The order of these keyed lists means something, although server-side apply merges them by key. */
const ORDERED_LISTS: ReadonlySet<string> = new Set(['f:initContainers']);

interface Walk {
  readonly ignored: (path: string) => boolean;
  readonly yields: readonly FieldSet[];
  readonly found: { fields: FieldPath; wanted: unknown; live: unknown }[];
  readonly yielded: FieldPath[];
}

function differs(walk: Walk, fields: FieldPath, wanted: unknown, live: unknown): void {
  if (walk.ignored(pathText(fields)) || (live !== undefined && walk.yields.some((set) => covers(set, fields)))) walk.yielded.push(fields);
  else walk.found.push({ fields, wanted, live });
}

/** Compares what we own; `wanted` is the server's answer to a dry run, so defaults, merges and admission are in it already. */
function compare(walk: Walk, owned: FieldSet, values: { wanted: unknown; live: unknown }, fields: FieldPath): void {
  const { wanted, live } = values;
  const children = childrenOf(owned);
  // A whole list item or list that is missing is one finding; of a missing map every field is named.
  const whole =
    children.length === 0 ||
    (live === undefined && (fields.at(-1)?.startsWith('k:') || !children.every(([step]) => step.startsWith('f:'))));
  if (whole) {
    if (!isDeepStrictEqual(wanted, live)) differs(walk, fields, wanted, live);
    return;
  }
  for (const [step, set] of children) compare(walk, set, { wanted: stepInto(wanted, step), live: stepInto(live, step) }, [...fields, step]);
  if (ORDERED_LISTS.has(fields.at(-1) ?? '')) compareOrder(walk, children, values, fields);
}

function compareOrder(
  walk: Walk,
  children: readonly [string, FieldSet][],
  values: { wanted: unknown; live: unknown },
  fields: FieldPath,
): void {
  const order = (list: unknown): string[] =>
    Array.isArray(list)
      ? children
          .map(([step]) => ({ step, at: list.indexOf(stepInto(list, step)) }))
          .filter(({ at }) => at >= 0)
          .toSorted((a, b) => a.at - b.at)
          .map(({ step }) => step)
      : [];
  const [wanted, live] = [order(values.wanted), order(values.live)];
  if (wanted.length === live.length && !isDeepStrictEqual(wanted, live)) differs(walk, fields, values.wanted, values.live);
}

/** Every scalar below replaced: not even the length of a secret value is told. */
function masked(value: unknown): unknown {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.map((item) => masked(item));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item)]));
  return MASK;
}

const isSecretField = (object: KubeObject, fields: FieldPath): boolean =>
  object.kind === 'Secret' && object.apiVersion === 'v1' && (fields[0] === 'f:data' || fields[0] === 'f:stringData');

/**
 * What of an applied object is not as the profile says. Pure.
 *
 * `dryRun` is the answer of the API server to a forced dry-run server-side apply of the wanted object by `manager`, on top of `live`; only fields which
 * that apply owns are looked at, so fields the profile does not set, defaults, status and server-kept metadata can never be drift.
 * `ignored` are paths that the cluster leaves alone: they count as yielded.
 */
export function compareDrift(
  dryRun: KubeObject,
  live: KubeObject,
  manager: string,
  ignored: Walk['ignored'] = () => false,
): DriftComparison {
  const owned = appliedBy(dryRun, manager);
  if (owned === undefined) return { drifted: [], yielded: [] };
  const entries = live.metadata.managedFields;
  const walk: Walk = { ignored, yields: yieldedSets(entries), found: [], yielded: [] };
  compare(walk, owned, { wanted: dryRun, live }, []);
  const own = new Set([manager, 'helm']);
  const drifted = walk.found.slice(0, MAX_FIELDS).map(({ fields, wanted, live: actual }): FieldDrift => {
    const secret = isSecretField(live, fields);
    const who = managerOf(entries, fields, own);
    return {
      path: pathText(fields),
      fields,
      ...(wanted === undefined ? {} : { wanted: secret ? masked(wanted) : wanted }),
      ...(actual === undefined ? {} : { live: secret ? masked(actual) : actual }),
      ...(who === undefined ? {} : { manager: who }),
    };
  });
  return { drifted, yielded: walk.yielded };
}

/** For objects whose dry run the server refuses (an immutable field differs): what the wanted object names and the live one has otherwise. */
export function subsetDrift(wanted: KubeObject, live: KubeObject): FieldDrift[] {
  const found: FieldDrift[] = [];
  const walk = (want: unknown, have: unknown, fields: FieldPath): void => {
    if (
      want !== null &&
      typeof want === 'object' &&
      !Array.isArray(want) &&
      have !== null &&
      typeof have === 'object' &&
      !Array.isArray(have)
    ) {
      for (const [key, value] of Object.entries(want)) walk(value, (have as Record<string, unknown>)[key], [...fields, `f:${key}`]);
      return;
    }
    // Lists hold defaulted items: only those of scalars can be compared without the schema.
    if (Array.isArray(want) && want.some((item) => item !== null && typeof item === 'object')) return;
    if (isDeepStrictEqual(want, have)) return;
    const secret = isSecretField(live, fields);
    found.push({
      path: pathText(fields),
      fields,
      wanted: secret ? masked(want) : want,
      ...(have === undefined ? {} : { live: secret ? masked(have) : have }),
    });
  };
  for (const [key, value] of Object.entries(wanted))
    if (!['apiVersion', 'kind', 'metadata', 'status'].includes(key)) walk(value, live[key], [`f:${key}`]);
  return found.slice(0, MAX_FIELDS);
}
