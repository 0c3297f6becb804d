import type { Decisions, LayerOverride } from '../cluster/layer-override.ts';
import type { Values } from '../meta/merge-values.ts';
import { compareVersions } from '../pack/compare-versions.ts';
import { withoutPaths } from './three-way.ts';

/** For which version an override was made or decided about, and what was decided. */
interface Standing {
  readonly madeFor: string;
  readonly decisions: Decisions;
}

/** Remembered per override: more versions than anybody goes back. */
const REMEMBERED = 50;

const standingsOf = ({ madeFor, decisions, earlier = [] }: LayerOverride): readonly Standing[] =>
  madeFor === undefined ? earlier : [...earlier, { madeFor, decisions }];

/** What was decided for this very version; undefined when nobody has said that the override is made for it. */
export const decidedFor = (override: LayerOverride, version: string): Decisions | undefined =>
  standingsOf(override).findLast(({ madeFor }) => madeFor === version)?.decisions;

/** Versions that the override is known to have been made for. */
export const knownVersionsOf = (override: LayerOverride): readonly string[] => standingsOf(override).map(({ madeFor }) => madeFor);

/** What was given back to the profile when it has this version: a decision holds from its version on, until the next one. */
export function takenAt(override: LayerOverride, version: string): Decisions {
  const [last] = standingsOf(override)
    .filter(({ madeFor }) => compareVersions(madeFor, version) >= 0)
    // Newest first; of the same version the one that was written last.
    .toReversed()
    .toSorted((a, b) => compareVersions(a.madeFor, b.madeFor));
  return Object.fromEntries(Object.entries(last?.decisions ?? {}).filter(([, choice]) => choice === 'take'));
}

/** What of an override is laid over the values of its layer when the profile has this version. */
export const laidOver = (override: LayerOverride, version: string): Values =>
  withoutPaths(override.values, new Set(Object.keys(takenAt(override, version))));

export interface OverrideMove {
  /** The version that the override was compared with. */
  readonly from: string;
  /** The version that the cluster had. */
  readonly at: string;
  readonly to: string;
  readonly decisions?: Decisions;
}

/**
 * The override after its cluster has been moved. It says for which version it was made, so that later moves compare with that one, and remembers what was decided for others,
 * so that the way back asks nothing. Nothing of its values goes, whatever was decided.
 */
export function movedOverride(override: LayerOverride, { from, at, to, decisions = {} }: OverrideMove): LayerOverride {
  const dated = override.madeFor === undefined ? { ...override, madeFor: from } : override;
  const isDecided = Object.keys(decisions).length > 0;
  // It was in force at the version that the cluster leaves, so it is made for that one too.
  const known = decidedFor(dated, at) !== undefined;
  if (!isDecided && known) return dated;
  const left = known ? [] : [{ madeFor: at, decisions: takenAt(dated, at) }];
  if (!isDecided) return { ...dated, earlier: [...(dated.earlier ?? []), ...left].slice(-REMEMBERED) };
  const before = [...standingsOf(dated), ...left];
  const earlier = before.filter(({ madeFor }, index) => madeFor !== to && before.findIndex((one) => one.madeFor === madeFor) === index);
  return { ...dated, madeFor: to, decisions: { ...takenAt(dated, to), ...decisions }, earlier: earlier.slice(-REMEMBERED) };
}
