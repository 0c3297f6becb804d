import type { ProfileRef } from '../cluster-profile/profile-ref.ts';
import { compact } from '../meta/compact.ts';
import type { ChangePlan } from '../plan/change-plan.ts';
import { createPlanSum, type PlanSum } from '../plan/plan-sum.ts';
import { approvalId } from './disruptions.ts';

/** What would happen to one cluster of a rollout. */
export interface PlannedCluster {
  readonly project: string;
  readonly name: string;
  /** Name of its wave. */
  readonly wave: string;
  /** Version it is at now; empty when it does not have the profile. */
  readonly from: string;
  /** Why it will not be moved; undefined when it will. */
  readonly refused?: string;
  /** Paths of overrides that somebody has to decide about first, when nothing else is in the way. */
  readonly conflicts?: readonly string[] | undefined;
  readonly plan?: ChangePlan;
}

export interface RolloutPlan extends PlanSum {
  readonly target: ProfileRef;
  /** What `spec.approvals` must hold before anything is repaved or lost; absent when nothing is. */
  readonly approval?: string;
  readonly total: number;
  /** Clusters that are at the target already. */
  readonly there: number;
  /** Of those that are refused: clusters that wait for decisions about their overrides. */
  readonly blocked: number;
  readonly waves: readonly { readonly name: string; readonly clusters: number; readonly refused: number }[];
}

/** Sums up a rollout as its clusters are looked at one by one; holds only what the answer holds. */
export function createRolloutPlan(target: ProfileRef, waves: readonly string[]) {
  const byWave = new Map(waves.map((name) => [name, { name, clusters: 0, refused: 0 }]));
  const sum = createPlanSum();
  let [total, there, blocked] = [0, 0, 0];

  function take(cluster: PlannedCluster, wave: { clusters: number; refused: number }): void {
    const { refused: why, conflicts, plan } = cluster;
    if (why !== undefined) {
      wave.refused++;
      if (conflicts) blocked++;
      sum.refuse(cluster, why, conflicts);
    } else if (plan) sum.add(cluster, plan);
  }

  return {
    add(cluster: PlannedCluster): void {
      total++;
      const wave = byWave.get(cluster.wave) ?? { clusters: 0, refused: 0 };
      wave.clusters++;
      if (cluster.from === target.version) there++;
      else take(cluster, wave);
    },
    plan(): RolloutPlan {
      const summed = sum.sum();
      const { disruptions } = summed;
      return compact({
        target,
        approval: disruptions.length > 0 ? approvalId(target, disruptions) : undefined,
        ...summed,
        total,
        there,
        blocked,
        waves: [...byWave.values()],
      });
    },
  };
}
