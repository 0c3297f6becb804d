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

/** What becomes of one path of an override. */
export interface Outcome extends Conflict {
  /**
   * `stays`: the profile did not change it. `same`: the profile says by itself now what the cluster wants. `orphan`: the profile has it no more. `conflict`: both changed it
   * and nobody has decided. `kept`, `taken`: somebody has.
   */
  readonly outcome: 'stays' | 'same' | 'orphan' | 'conflict' | 'kept' | 'taken';
}

/**
 * Carries an override over to other values of its profile. Mappings are merged key by key; lists, texts and numbers are one value each, as for helm. Where the profile did
 * not change, the cluster's wins; where both came to the same, the profile's is enough; where they differ, it is a conflict until it is decided.
 *
 * Without an override the result is `theirs`; with unchanged profile values it is `base` with the override.
 */
export function threeWay(input: ThreeWayInput): ThreeWay {
  const found = placesOf(input);
  const going = found
    .filter(({ outcome }) => outcome !== 'same' && outcome !== 'taken')
    .reduce<Values>((values, { place, mine }) => withValue(values, place, mine), {});
  return {
    values: mergeValues(input.theirs, going),
    override: going,
    conflicts: found.filter(({ outcome }) => outcome === 'conflict').map(({ place: _place, outcome: _outcome, ...conflict }) => conflict),
    orphans: found.filter(({ outcome }) => outcome === 'orphan').map(({ path }) => path),
  };
}

/** What becomes of every path of an override, by path. With `shown`, values are told as that shows them: masked. */
export function outcomesOf(input: ThreeWayInput, shown: (values: Values) => Values = (values) => values): Outcome[] {
  const [base, mine, theirs] = [input.base, input.override, input.theirs].map(shown) as [Values, Values, Values];
  const byPath = placesOf(input).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return byPath.map(({ place, path, outcome }) => ({
    path,
    outcome,
    mine: valueAt(mine, place),
    ...named('base', seenAt(base, place)),
    ...named('theirs', seenAt(theirs, place)),
  }));
}

interface PlacedOutcome extends Outcome {
  readonly place: Place;
}

function placesOf({ base, override, theirs, decisions = {} }: ThreeWayInput): PlacedOutcome[] {
  return leavesOf(override).map((place) => {
    const path = place.reduce<string>(joinPath, '');
    const mine = valueAt(override, place);
    const [before, now] = [seenAt(base, place), seenAt(theirs, place)];
    const decision = Object.hasOwn(decisions, path) ? decisions[path] : undefined;
    const outcome = judge({ before, mine, now, there: valueAt(theirs, place), decision });
    return { place, path, outcome, mine, ...named('base', before), ...named('theirs', now) };
  });
}

interface Sides {
  readonly before: unknown;
  readonly mine: unknown;
  /** What stands there now, or what stands in the way above. */
  readonly now: unknown;
  /** What stands at this very place now. */
  readonly there: unknown;
  readonly decision: 'keep' | 'take' | undefined;
}

function judge({ before, mine, now, there, decision }: Sides): Outcome['outcome'] {
  const changed = !deepEqual(before, now);
  if (changed && there !== undefined && deepEqual(mine, there)) return 'same';
  if (decision === 'take') return 'taken';
  if (before !== undefined && now === undefined) return 'orphan';
  if (!changed) return 'stays';
  return decision === 'keep' ? 'kept' : 'conflict';
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

/** What stands at a place; where something above it is no mapping, that: laying the override there takes it away. */
function seenAt(values: Values, [key = '', ...rest]: Place): unknown {
  const found = ownValue(values, key);
  return rest.length === 0 || (found !== undefined && !isRecord(found)) ? found : seenAt(isRecord(found) ? found : {}, rest);
}

const named = <K extends string>(key: K, value: unknown): { [name in K]?: unknown } =>
  (value === undefined ? {} : { [key]: value }) as { [name in K]?: unknown };

/** The values without these paths, and without mappings that are empty for it. */
export function withoutPaths(values: Values, paths: ReadonlySet<string>): Values {
  if (paths.size === 0) return values;
  return leavesOf(values)
    .filter((place) => !paths.has(place.reduce<string>(joinPath, '')))
    .reduce<Values>((kept, place) => withValue(kept, place, valueAt(values, place)), {});
}

/** The paths of the values that are no mappings, as users write them. */
export const pathsOf = (values: Values): string[] => leavesOf(values).map((place) => place.reduce<string>(joinPath, ''));

/** Whether these values have something at that path of the override. */
export const hasPath = (values: Values, override: Values, path: string): boolean =>
  leavesOf(override).some((place) => place.reduce<string>(joinPath, '') === path && seenAt(values, place) !== undefined);

function withValue(values: Values, [key = '', ...rest]: Place, value: unknown): Values {
  const below = ownValue(values, key);
  const next = rest.length === 0 ? value : withValue(isRecord(below) ? below : {}, rest, value);
  return Object.fromEntries([...Object.entries(values).filter(([name]) => name !== key), [key, next]]);
}
