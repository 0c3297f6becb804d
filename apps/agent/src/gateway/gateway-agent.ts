import { messageOf, type Clock, type Logger } from '@slipway/kit';
import { createLocalProvider, createProvisioner, type AgentSettings, type LocalProviderDeps } from '@slipway/clouds';
import type { KubeClient } from '@slipway/kube';
import type { AgentLink, CredentialStore } from '@slipway/link';
import type { Condition, GatewayFacts, GatewayPlan } from '@slipway/model';
import { createFactsReporter } from '../facts/facts-reporter.ts';
import { followPlan, type PlanRefused } from '../plan/follow-plan.ts';
import type { PlanStore } from '../plan/plan-store.ts';
import { gatewayHealth } from './gateway-health.ts';
import { watchGatewayHealth } from './watch-gateway-health.ts';

export interface GatewayAgentDeps extends Pick<LocalProviderDeps, 'machines' | 'loadBalancers' | 'toolchain'> {
  /** The gateway cluster. */
  readonly kube: KubeClient;
  /** Started by the caller, which may have much to do before this. */
  readonly link: AgentLink;
  readonly credentials: CredentialStore;
  readonly plans: PlanStore;
  /** What the agents of new clusters are made with. */
  readonly agent: AgentSettings;
  readonly logger: Logger;
  readonly version: string;
  readonly clock: Clock;
}

/**
 * The agent of the local gateway: the ordinary link, with the provisioner (Cluster API objects from the plan) and the infrastructure provider `local`
 * (machines of this host). Runs until the signal aborts; clusters and machines do not depend on it.
 */
export async function runGatewayAgent(deps: GatewayAgentDeps, signal: AbortSignal): Promise<void> {
  const { kube, link, logger, clock } = deps;
  const provider = createLocalProvider({
    kube,
    machines: deps.machines,
    loadBalancers: deps.loadBalancers,
    toolchain: deps.toolchain,
    logger,
    clock,
  });
  const provisioner = createProvisioner({
    kube,
    logger,
    clock,
    agent: deps.agent,
    joinToken: async (clusterUid) => (await link.requestJoinToken(clusterUid, signal)).token,
  });

  let plan: GatewayPlan | undefined;
  let refused: PlanRefused | undefined;
  let conditions: Condition[] = [];
  const reporter = createFactsReporter(buildFacts, link);
  const watched = watchGatewayHealth(kube, logger, () => reporter.changed());

  function buildFacts(): GatewayFacts | undefined {
    const uid = plan?.gatewayUid ?? link.subject()?.uid;
    if (uid === undefined) return undefined;
    const health = gatewayHealth({ ...watched.state(), now: new Date(clock.now()).toISOString(), before: conditions });
    conditions = health.conditions;
    return {
      kind: 'GatewayFacts',
      gatewayUid: uid,
      agentVersion: deps.version,
      planRevision: plan?.revision ?? 0,
      ...(refused === undefined ? {} : { planRefused: refused }),
      clusters: provisioner.facts(),
      health,
      tombstonesDone: provisioner.tombstonesDone(),
    };
  }

  provisioner.onFacts(() => reporter.changed());

  const ended = (what: string) => (error: unknown) => {
    if (!signal.aborted) throw new Error(`the ${what} ended: ${messageOf(error)}`, { cause: error });
  };
  const runs = [
    watched.start(signal),
    provider.start(signal).catch(ended('local provider')),
    provisioner.start(signal).catch(ended('provisioner')),
    followPlan(
      {
        link,
        credentials: deps.credentials,
        store: deps.plans,
        logger,
        onPlan: (next) => {
          if (next.kind !== 'GatewayPlan') return;
          logger.info(
            {
              revision: next.revision,
              clusters: next.clusters.length,
            },
            'a plan is in force',
          );
          plan = next;
          provisioner.setPlan(next);
          reporter.changed();
        },
        onRefused: (next) => {
          refused = next;
          reporter.changed();
        },
      },
      signal,
    ),
  ];
  try {
    await Promise.all(runs);
  } finally {
    reporter.stop();
  }
}
