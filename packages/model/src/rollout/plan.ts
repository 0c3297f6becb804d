import type { ProfileRef } from '../cluster-profile/profile-ref.ts';
import { compact } from '../meta/compact.ts';
import type { ChangePlan, Impact } from '../plan/change-plan.ts';
import { approvalId, disruptionsOf } from './disruptions.ts';

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

export interface RolloutPlan {
  readonly target: ProfileRef;
  /** What `spec.approvals` must hold before anything is repaved or lost; absent when nothing is. */
  readonly approval?: string;
  /** What happens that needs the approval: `repave: Kubernetes v1.35.4 → v1.36.3`, `data-loss: layer storage is removed`. */
  readonly disruptions: readonly string[];
  readonly total: number;
  /** Clusters that are at the target already. */
  readonly there: number;
  readonly impacts: Readonly<Partial<Record<Impact, number>>>;
  /** Those that wait for decisions included. */
  readonly refused: number;
  /** Clusters that wait for decisions about their overrides. */
  readonly blocked: number;
  readonly waves: readonly { readonly name: string; readonly clusters: number; readonly refused: number }[];
  /** One cluster's plan for every different set of actions, with how many clusters it is of: a fleet of thousands has few. */
  readonly kinds: readonly { readonly clusters: number; readonly example: string; readonly plan: ChangePlan }[];
  /** The first 200 that are refused, and why; with `conflicts` when it only takes decisions about these overrides. */
  readonly refusals: readonly { readonly cluster: string; readonly why: string; readonly conflicts?: readonly string[] | undefined }[];
}

const REFUSALS = 200;
/** Different plans told in full. */
const KINDS = 50;

/** Sums up a rollout as its clusters are looked at one by one; holds only what the answer holds. */
export function createRolloutPlan(target: ProfileRef, waves: readonly string[]) {
  const byWave = new Map(waves.map((name) => [name, { name, clusters: 0, refused: 0 }]));
  const kinds = new Map<string, { clusters: number; example: string; plan: ChangePlan }>();
  const impacts: Partial<Record<Impact, number>> = {};
  const disruptions = new Set<string>();
  const refusals: { cluster: string; why: string; conflicts?: readonly string[] | undefined }[] = [];
  let [total, there, refused, blocked] = [0, 0, 0, 0];

  function take({ project, name, refused: why, conflicts, plan }: PlannedCluster, wave: { clusters: number; refused: number }): void {
    if (why !== undefined) {
      refused++;
      wave.refused++;
      if (conflicts) blocked++;
      if (refusals.length < REFUSALS) refusals.push(compact({ cluster: `${project}/${name}`, why, conflicts }));
    } else if (plan) {
      impacts[plan.impact] = (impacts[plan.impact] ?? 0) + 1;
      disruptionsOf(plan).forEach((disruption) => disruptions.add(disruption));
      const key = JSON.stringify(
        plan.actions.map(({ verb, impact, target: of, summary }) => [verb, impact, of, summary]).map((action) => withoutName(action, name)),
      );
      const known = kinds.get(key);
      if (known) known.clusters++;
      else if (kinds.size < KINDS) kinds.set(key, { clusters: 1, example: `${project}/${name}`, plan });
    }
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
      const sorted = [...disruptions].toSorted();
      return compact({
        target,
        approval: sorted.length > 0 ? approvalId(target, sorted) : undefined,
        disruptions: sorted,
        total,
        there,
        impacts,
        refused,
        blocked,
        waves: [...byWave.values()],
        kinds: [...kinds.values()].toSorted((a, b) => b.clusters - a.clusters),
        refusals,
      });
    },
  };
}

/** Two clusters to which the same happens differ in their names only. */
const withoutName = (words: readonly string[], name: string): string[] => words.map((word) => word.replaceAll(name, '*'));
