import { compact } from '../meta/compact.ts';
import type { ChangePlan, Impact } from './change-plan.ts';

/** What happens to a fleet, without a list of ten thousand clusters. */
export interface PlanSum {
  readonly impacts: Readonly<Partial<Record<Impact, number>>>;
  readonly refused: number;
  /** What needs an approval: `repave: Kubernetes v1.35.4 → v1.36.3`, `data-loss: layer storage is removed`; sorted. */
  readonly disruptions: readonly string[];
  /** One cluster's plan for every different set of actions, with how many clusters it is of: a fleet of thousands has few. The most frequent first. */
  readonly kinds: readonly { readonly clusters: number; readonly example: string; readonly plan: ChangePlan }[];
  /** The first 200 that are refused, and why; with `conflicts` when it only takes decisions about these overrides. */
  readonly refusals: readonly { readonly cluster: string; readonly why: string; readonly conflicts?: readonly string[] | undefined }[];
}

interface Place {
  readonly project: string;
  readonly name: string;
}

const REFUSALS = 200;
/** Different plans told in full. */
const KINDS = 50;

/** Sums up what happens to clusters as they are looked at one by one; holds only what the answer holds. */
export function createPlanSum() {
  const kinds = new Map<string, { clusters: number; example: string; plan: ChangePlan }>();
  const impacts: Partial<Record<Impact, number>> = {};
  const disruptions = new Set<string>();
  const refusals: PlanSum['refusals'][number][] = [];
  let refused = 0;
  return {
    refuse({ project, name }: Place, why: string, conflicts?: readonly string[]): void {
      refused++;
      if (refusals.length < REFUSALS) refusals.push(compact({ cluster: `${project}/${name}`, why, conflicts }));
    },
    add({ project, name }: Place, plan: ChangePlan): void {
      impacts[plan.impact] = (impacts[plan.impact] ?? 0) + 1;
      plan.approval?.disruptions.forEach((disruption) => disruptions.add(disruption));
      const key = JSON.stringify(
        plan.actions.map(({ verb, impact, target: of, summary }) => [verb, impact, of, summary]).map((action) => withoutName(action, name)),
      );
      const known = kinds.get(key);
      if (known) known.clusters++;
      else if (kinds.size < KINDS) kinds.set(key, { clusters: 1, example: `${project}/${name}`, plan });
    },
    sum: (): PlanSum => ({
      impacts,
      refused,
      disruptions: [...disruptions].toSorted(),
      kinds: [...kinds.values()].toSorted((a, b) => b.clusters - a.clusters),
      refusals,
    }),
  };
}

/** Two clusters to which the same happens differ in their names only. */
const withoutName = (words: readonly string[], name: string): string[] => words.map((word) => word.replaceAll(name, '*'));
