import { isDeepStrictEqual } from 'node:util';
import { ignores, type PlanIgnore, type PlanRevert, sameObject } from '@slipway/model';
import type { Target } from './target.ts';

/** What a plan says of differences of one layer, besides its policy. */
export interface LayerRules {
  readonly driftIgnored?: readonly PlanIgnore[] | undefined;
  readonly driftReverts?: readonly PlanRevert[] | undefined;
}

type Judged = Pick<Target, 'id' | 'layer'>;

/** The rules in force, by layer. */
export function createDriftRules() {
  const byLayer = new Map<string, LayerRules>();
  const ignored = ({ layer }: Judged): readonly PlanIgnore[] => byLayer.get(layer)?.driftIgnored ?? [];
  return {
    /** True when that says something new. */
    set(layer: string, { driftIgnored, driftReverts }: LayerRules): boolean {
      const before = byLayer.get(layer);
      const next = { driftIgnored, driftReverts };
      byLayer.set(layer, next);
      return !isDeepStrictEqual(before ?? { driftIgnored: undefined, driftReverts: undefined }, next);
    },
    ignores: (target: Judged, path: string): boolean => ignored(target).some((rule) => ignores(rule, target.id, path)),
    /** The whole object, whatever becomes of it. */
    leavesAlone: (target: Judged): boolean => ignored(target).some((rule) => ignores(rule, target.id)),
    /** Whether somebody asked for this very difference to be put right. */
    wantsBack: (target: Judged, since: string | undefined): boolean =>
      since !== undefined &&
      (byLayer.get(target.layer)?.driftReverts ?? []).some((one) => sameObject(one, target.id) && one.detectedAt === since),
  };
}
