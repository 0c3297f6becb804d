import type { Condition } from './object.ts';

/** A condition as a rule states it; the time is filled in by {@link withConditions}. */
export type WantedCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * The next list of conditions: `lastTransitionTime` moves only when a condition's status changes, as `metav1.Condition` demands.
 * Conditions that are no longer wanted go; order is that of `wanted`.
 */
export function withConditions(
  old: readonly Condition[],
  wanted: readonly WantedCondition[],
  at: { readonly now: string; readonly generation?: number },
): Condition[] {
  return wanted.map((condition) => {
    const before = old.find((candidate) => candidate.type === condition.type);
    return {
      ...condition,
      lastTransitionTime: before && before.status === condition.status ? before.lastTransitionTime : at.now,
      ...(at.generation === undefined ? {} : { observedGeneration: at.generation }),
    };
  });
}

/** Conditions whose status differs from before, for events: an event is worth it only when a condition changes. */
export function changedConditions(old: readonly Condition[], next: readonly Condition[]): Condition[] {
  return next.filter((condition) => old.find((candidate) => candidate.type === condition.type)?.status !== condition.status);
}

export const findCondition = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type);
