import { isFinished, markOf } from '@slipway/model';
import { type ClusterObject, keyOf } from '../reads.ts';
import type { RolloutObject } from './scope.ts';

/**
 * Rollouts of all tenants as the last events showed them: only to know whom a cluster's event wakes, never to decide. One that is missing was not listed yet, and is woken when it
 * is; one that is gone is woken for nothing.
 */
export interface RolloutIndex {
  put(tenant: string, rollout: RolloutObject): void;
  drop(key: string): void;
  /** Keys of those that may have to do with a cluster: all under way, because they may select it from now on, and the one that moved it. */
  concernedBy(tenant: string, cluster: ClusterObject): string[];
}

export function createRolloutIndex(): RolloutIndex {
  const known = new Map<string, { readonly tenant: string; readonly uid: string; readonly finished: boolean }>();
  return {
    put: (tenant, rollout) =>
      void known.set(keyOf(tenant, rollout), { tenant, uid: rollout.metadata.uid, finished: isFinished(rollout.status?.phase) }),
    drop: (key) => void known.delete(key),
    concernedBy(tenant, cluster) {
      const mover = markOf(cluster)?.uid;
      return [...known].filter(([, one]) => one.tenant === tenant && (!one.finished || one.uid === mover)).map(([key]) => key);
    },
  };
}
