import type { ChangePlan, Impact } from './change-plan.ts';
import { createPlanSum, type PlanSum } from './plan-sum.ts';

/** One cluster, as an impact names it. */
export interface TouchedCluster {
  readonly project: string;
  readonly name: string;
  /** `starter@1.0.0` */
  readonly profile: string;
}

/**
 * What the change of something that clusters are made with (a macro, a registry) does to those that run. Only of clusters that whoever asks may read: of others it holds
 * nothing, not even how many there are.
 */
export interface ImpactPlan extends PlanSum {
  /** Clusters that were looked at, because they use it. */
  readonly total: number;
  /** To which nothing happens. */
  readonly unchanged: number;
  /** That there was no time to look at. */
  readonly unjudged: number;
  /** How many change, by the profile they are made of; the first 50. */
  readonly profiles: readonly { readonly profile: string; readonly clusters: number }[];
  /** The first 200 that change. */
  readonly clusters: readonly { readonly cluster: string; readonly profile: string; readonly impact: Impact }[];
}

/** Kinds whose change reaches running clusters that name them. */
export const reachesClusters = ({ kind }: { readonly kind: string }): boolean => kind.endsWith('Macro') || kind.endsWith('Registry');

const CLUSTERS = 200;
const PROFILES = 50;

/** Sums up an impact as clusters are looked at one by one. */
export function createImpactPlan() {
  const sum = createPlanSum();
  const byProfile = new Map<string, number>();
  const clusters: ImpactPlan['clusters'][number][] = [];
  let [total, unchanged, unjudged] = [0, 0, 0];
  return {
    refuse(cluster: TouchedCluster, why: string): void {
      total++;
      sum.refuse(cluster, why);
    },
    unjudged(count: number): void {
      total += count;
      unjudged += count;
    },
    add(cluster: TouchedCluster, plan: ChangePlan): void {
      total++;
      if (plan.actions.length === 0) {
        unchanged++;
        return;
      }
      const { project, name, profile } = cluster;
      byProfile.set(profile, (byProfile.get(profile) ?? 0) + 1);
      if (clusters.length < CLUSTERS) clusters.push({ cluster: `${project}/${name}`, profile, impact: plan.impact });
      sum.add(cluster, plan);
    },
    plan: (): ImpactPlan => ({
      ...sum.sum(),
      total,
      unchanged,
      unjudged,
      profiles: [...byProfile]
        .map(([profile, count]) => ({ profile, clusters: count }))
        .toSorted((a, b) => b.clusters - a.clusters)
        .slice(0, PROFILES),
      clusters,
    }),
  };
}

/** Sentences for whoever tries the change: at most ten, and none when nothing happens. */
export function impactWarnings(plan: ImpactPlan): string[] {
  const changing = plan.total - plan.unchanged - plan.refused - plan.unjudged;
  const counts = Object.entries(plan.impacts).map(([impact, count]) => `${count} ${impact}`);
  const named = plan.profiles.slice(0, 5).map(({ profile, clusters }) => `${profile} (${clusters})`);
  const more = plan.profiles.length > named.length ? ', …' : '';
  return [
    ...(changing > 0 ? [`${clusters(changing)} would change: ${counts.join(', ')}; made of ${named.join(', ')}${more}`] : []),
    ...plan.kinds
      .slice(0, 4)
      .map((kind) => `${kind.clusters === 1 ? '' : `${clusters(kind.clusters)}, such as `}${kind.example}: ${told(kind.plan)}`),
    ...(plan.kinds.length > 4 ? [`and ${plan.kinds.length - 4} other kinds of change`] : []),
    ...(plan.refused > 0 ? [`${clusters(plan.refused)} could not be made so and would stay as they are:`] : []),
    ...plan.refusals.slice(0, 2).map(({ cluster, why }) => `${cluster}: ${why}`),
    ...(plan.unjudged > 0 ? [`${clusters(plan.unjudged)} more use it; there was no time to look at them`] : []),
  ];
}

const clusters = (count: number): string => `${count} cluster${count === 1 ? '' : 's'}`;
const told = ({ impact, summary }: ChangePlan): string => `[${impact}] ${summary.length > 500 ? `${summary.slice(0, 500)}…` : summary}`;
