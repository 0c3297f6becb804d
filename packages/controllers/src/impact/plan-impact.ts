import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@slipway/kit';
import {
  type Acceptance,
  createImpactPlan,
  type ImpactPlan,
  MACRO_FAMILY,
  type ObjectStore,
  profileText,
  REGISTRY_FAMILY,
  type TouchedCluster,
} from '@slipway/model';
import type { Candidate } from '../candidates.ts';
import type { PlanForDeps } from '../plan-for.ts';
import type { ClusterObject } from '../reads.ts';
import { snapshotOf } from '../rollout/snapshot.ts';
import { tenantStore } from '../tenant-deps.ts';
import type { FleetDeps } from '../deps.ts';
import { macroImpact } from './macro-impact.ts';
import { registryImpact } from './registry-impact.ts';

export interface ImpactInput extends Candidate {
  /** Whose the object is. */
  readonly tenant: string;
  /** Of a pack of the catalogue: the content that somebody would accept. */
  readonly accept?: Acceptance | undefined;
  /** Clusters that whoever asks may read: their tenants, and the store as they see it there. */
  readonly places: readonly { readonly tenant: string; readonly store: Pick<ObjectStore, 'list'> }[];
}

export interface ImpactDeps extends Pick<FleetDeps, 'store' | 'plans' | 'packs' | 'render'> {
  readonly clock: Clock;
  /** Opens no secrets: whoever asks says what the change is. */
  readonly resolveCluster: PlanForDeps['resolveCluster'];
}

/** What becomes of one cluster; undefined when it does not use what changes. Rejects with `Invalid` when it cannot be made so. */
export type ClusterImpact = (cluster: ClusterObject, deps: PlanForDeps) => Promise<Verdict | undefined>;
export type Verdict =
  | { readonly ok: true; readonly plan: Parameters<ReturnType<typeof createImpactPlan>['add']>[1] }
  | { readonly ok: false; readonly why: string };

/** Clusters read at once, and judged before others get a turn. */
const PAGE = 500;
const TURN = 25;
/** How long is looked; whoever asks waits for it. */
const LIMIT_MS = 20_000;

/** What a change of something that clusters are made with does to those that run. Reads, never writes. */
export async function planImpact(deps: ImpactDeps, input: ImpactInput): Promise<ImpactPlan> {
  const sum = createImpactPlan();
  const judge = impactOf(deps, input);
  const until = deps.clock.now() + LIMIT_MS;
  if (judge === undefined) return sum.plan();
  for (const { tenant, store } of input.places) {
    for await (const clusters of pages(store, input)) {
      const reads = tenantStore(deps.store, tenant);
      const place: PlanForDeps = { ...deps, tenant, store: { ...reads, ...(await snapshotOf(reads, clusters)) } };
      for (const [index, cluster] of clusters.entries()) {
        if (deps.clock.now() > until) {
          sum.unjudged(clusters.length - index);
          break;
        }
        const verdict = await judge(cluster, place);
        if (verdict?.ok === true) sum.add(touched(cluster), verdict.plan);
        else if (verdict) sum.refuse(touched(cluster), verdict.why);
        if (index % TURN === TURN - 1) await setImmediate();
      }
    }
  }
  return sum.plan();
}

function impactOf(deps: ImpactDeps, input: ImpactInput): ClusterImpact | undefined {
  const { kind } = input.object;
  if (kind.endsWith(MACRO_FAMILY)) return macroImpact(input);
  return kind.endsWith(REGISTRY_FAMILY) || input.accept !== undefined ? registryImpact(deps, input) : undefined;
}

const touched = ({ metadata, spec }: ClusterObject): TouchedCluster => ({
  project: metadata.namespace ?? '',
  name: metadata.name,
  profile: profileText(spec.profile),
});

/** What is a project's own only its clusters can use. */
async function* pages(store: Pick<ObjectStore, 'list'>, { object }: ImpactInput): AsyncGenerator<ClusterObject[]> {
  let after: string | undefined;
  do {
    const page = await store.list({
      kind: 'Cluster',
      project: object.metadata.namespace,
      limit: PAGE,
      ...(after === undefined ? {} : { continue: after }),
    });
    yield page.items as ClusterObject[];
    after = page.continue;
  } while (after !== undefined);
}
