import { deepEqual, isRecord, joinPath } from '../meta/diff.ts';
import { mergeValues, type Values } from '../meta/merge-values.ts';

/** A place in values, key by key: keys may hold dots. */
type Place = readonly string[];

/** Both sides changed the same value, and not to the same. */
export interface Conflict {
  /** `image.tag`, as users write it and as `decisions` name it. */
  readonly path: string;
  /** In the version that the override was made for; absent when it was not there. */
  readonly base?: unknown;
  /** What the cluster wants. */
  readonly mine: unknown;
  /** In the new version; absent when it is gone there. */
  readonly theirs?: unknown;
}

export interface ThreeWay {
  /** `theirs` with what the cluster wants over it. */
  readonly values: Values;
  /** What of the override goes on: without what was decided to be taken from the profile, and without what the profile says now itself. */
  readonly override: Values;
  /** Not decided; `values` has the cluster's side. */
  readonly conflicts: readonly Conflict[];
  /** Paths of the override that the profile had and has no more: what is there may mean nothing now. */
  readonly orphans: readonly string[];
}

export interface ThreeWayInput {
  /** The profile's values in the version that the override was made for. */
  readonly base: Values;
  /** Sparse: only what the cluster wants otherwise. */
  readonly override: Values;
  /** The profile's values in the new version. */
  readonly theirs: Values;
  /** By path: `keep` the cluster's, `take` the profile's. */
  readonly decisions?: Readonly<Record<string, 'keep' | 'take'>>;
}

/**
 * Carries an override over to other values of its profile. Mappings are merged key by key; lists, texts and numbers are one value each, as for helm. Where the profile did
 * not change, the cluster's wins; where both came to the same, the profile's is enough; where they differ, it is a conflict until it is decided.
 *
 * Without an override the result is `theirs`; with unchanged profile values it is `base` with the override.
 */
export function threeWay({ base, override, theirs, decisions = {} }: ThreeWayInput): ThreeWay {
  const conflicts: Conflict[] = [];
  const orphans: string[] = [];
  const kept: Place[] = [];
  for (const place of leavesOf(override)) {
    const path = place.reduce<string>(joinPath, '');
    const [before, mine, now] = [base, override, theirs].map((values) => valueAt(values, place));
    const changed = !deepEqual(before, now);
    if (changed && now !== undefined && deepEqual(mine, now)) continue;
    const decision = Object.hasOwn(decisions, path) ? decisions[path] : undefined;
    if (decision === 'take') continue;
    kept.push(place);
    if (before !== undefined && now === undefined) orphans.push(path);
    else if (changed && decision === undefined)
      conflicts.push({ path, mine, ...(before === undefined ? {} : { base: before }), ...(now === undefined ? {} : { theirs: now }) });
  }
  const going = kept.reduce<Values>((values, place) => withValue(values, place, valueAt(override, place)), {});
  return { values: mergeValues(theirs, going), override: going, conflicts, orphans };
}

/** What has to be laid over `base` to give `mine`: only what differs. What `base` has and `mine` lacks becomes null, which takes it away. */
export function overrideOf(base: Values, mine: Values): Values {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(mine)])];
  return Object.fromEntries(
    keys.flatMap((key) => {
      const [from, to] = [ownValue(base, key), ownValue(mine, key)];
      if (deepEqual(from, to)) return [];
      if (to === undefined) return [[key, null]];
      return [[key, isRecord(from) && isRecord(to) ? overrideOf(from, to) : to]];
    }),
  );
}

/** Every value that is no mapping, and every empty mapping. */
function leavesOf(values: Values, above: Place = []): Place[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const place = [...above, key];
    return isRecord(value) && Object.keys(value).length > 0 ? leavesOf(value, place) : [place];
  });
}

const ownValue = (values: unknown, key: string): unknown => (isRecord(values) && Object.hasOwn(values, key) ? values[key] : undefined);

const valueAt = (values: Values, place: Place): unknown => place.reduce<unknown>(ownValue, values);

function withValue(values: Values, [key = '', ...rest]: Place, value: unknown): Values {
  const below = ownValue(values, key);
  const next = rest.length === 0 ? value : withValue(isRecord(below) ? below : {}, rest, value);
  return Object.fromEntries([...Object.entries(values).filter(([name]) => name !== key), [key, next]]);
}
