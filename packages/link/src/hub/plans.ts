import { canonicalJson, sha256Hex, SlipwayError } from '@slipway/kit';
import { type ClusterPlan, clusterPlanSchema, type GatewayPlan, gatewayPlanSchema, type SignedPlan } from '@slipway/model';
import type { LinkStore, StoredPlan } from '../link-store.ts';
import type { PlanSigner } from '../plan-signing.ts';
import type { PlanPublisher, PublishedPlan } from '../ports.ts';
import { once } from './once.ts';

export interface PlanPublisherDeps {
  readonly store: LinkStore;
  readonly signer: PlanSigner;
  /** Wakes the agent of that uid, if it is connected here. */
  readonly notify: (uid: string, hash: string) => void;
  /** Says goodbye to the agent of a uid that is gone. */
  readonly dismiss: (uid: string, reason: string) => void;
}

/** Gives plans their revision, signs and stores them, and wakes the agent. */
export function createPlanPublisher(deps: PlanPublisherDeps): PlanPublisher {
  const publish = async (uid: string, content: object, build: (revision: number) => ClusterPlan | GatewayPlan): Promise<PublishedPlan> => {
    // The signing key is part of what must not change: after a new key everything is signed and published again.
    const contentHash = sha256Hex(`${deps.signer.key.id}\n${canonicalJson(content)}`);
    const stored = await deps.store.publishPlan({ uid, contentHash, sign: (revision) => deps.signer.sign(build(revision)) });
    if (stored.changed) deps.notify(uid, stored.signed.hash);
    return { revision: stored.revision, hash: stored.signed.hash, changed: stored.changed };
  };
  const clusterPlanOf = once(({ signed }: StoredPlan) => checked(() => clusterPlanSchema.parse(JSON.parse(signed.payload))));
  const gatewayPlanOf = once(({ signed }: StoredPlan) => checked(() => gatewayPlanSchema.parse(JSON.parse(signed.payload))));
  return {
    publishCluster: (plan) => {
      const valid = checked(() => clusterPlanSchema.parse({ ...plan, revision: 1 }));
      return publish(plan.clusterUid, { ...valid, revision: undefined }, (revision) => ({ ...valid, revision }));
    },
    publishGateway: (plan) => {
      const valid = checked(() => gatewayPlanSchema.parse({ ...plan, revision: 1 }));
      return publish(plan.gatewayUid, { ...valid, revision: undefined }, (revision) => ({ ...valid, revision }));
    },
    latestCluster: async (uid) => {
      const stored = await deps.store.latestPlan(uid);
      return stored && { plan: clusterPlanOf(stored), signed: stored.signed };
    },
    latestGateway: async (uid) => {
      const stored = await deps.store.latestPlan(uid);
      return stored && { plan: gatewayPlanOf(stored), signed: stored.signed };
    },
    forget: async (uid) => {
      await deps.store.forget(uid);
      deps.dismiss(uid, 'The hub no longer manages this cluster.');
    },
  };
}

function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new SlipwayError('Internal', 'A plan does not have the shape that agents accept.', { detail: String(error), cause: error });
  }
}

/** Digests of the charts a plan lets its agent fetch. */
export function blobsOf(signed: SignedPlan): ReadonlySet<string> {
  const plan = clusterPlanSchema.safeParse(JSON.parse(signed.payload));
  if (!plan.success) return new Set();
  return new Set(plan.data.layers.flatMap((layer) => (layer.content.type === 'chart' ? [layer.content.digest] : [])));
}
