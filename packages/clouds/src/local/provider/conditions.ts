import { canonicalJson, type Clock } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';
import { findCondition as findIn, withConditions as stamped, type Condition, type WantedCondition } from '@slipway/model';

export type NewCondition = WantedCondition;

export const condition = (type: string, status: Condition['status'], reason: string, message = ''): NewCondition => ({
  type,
  status,
  reason,
  message,
});

/** Puts `news` into a list of conditions; what others wrote stays. */
export function withConditions(current: readonly Condition[] | undefined, news: readonly NewCondition[], clock: Clock): Condition[] {
  const old = current ?? [];
  const next = stamped(old, news, { now: rfc3339(clock) });
  const kept = old.map((condition) => next.find(({ type }) => type === condition.type) ?? condition);
  return [...kept, ...next.filter(({ type }) => !old.some((condition) => condition.type === type))];
}

/** Kubernetes keeps times to the second. */
const rfc3339 = (clock: Clock): string => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');

export const findCondition = (object: KubeObject | undefined, type: string): Condition | undefined =>
  findIn(object?.['status']?.conditions as Condition[] | undefined, type);

/** Whether a merge patch of `status` with `wanted` would change anything. */
export const statusDiffers = (object: KubeObject, wanted: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(wanted).some(([key, value]) => canonicalJson(value) !== canonicalJson(object['status']?.[key]));
