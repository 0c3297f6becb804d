import { join } from 'node:path';
import { messageOf, sleep, systemClock, type Clock, type Logger } from '@slipway/kit';
import type { KubeClient } from '@slipway/kube';
import type { AgentLink, CredentialStore, CurrentPlan } from '@slipway/link';
import type { ClusterFacts, ClusterPlan, Condition } from '@slipway/model';
import { createDriftGuard } from './drift/drift-guard.ts';
import { createFactsReporter } from './facts/facts-reporter.ts';
import { clusterHealth } from './health/cluster-health.ts';
import { createHealthWatch } from './health/health-watch.ts';
import { createVersionWatch } from './health/version-watch.ts';
import { createChartCache } from './layers/charts.ts';
import { createLayerEngine } from './layers/engine.ts';
import { createInstaller, type HelmRunner } from './layers/installer.ts';
import { createInventoryStore } from './layers/inventory.ts';
import { ensureNamespaces } from './layers/manifests.ts';
import { createKeptStore } from './removal/kept-store.ts';
import { followPlan, type PlanRefused } from './plan/follow-plan.ts';
import type { PlanStore } from './plan/plan-store.ts';

export interface ClusterAgentDeps {
  readonly kube: KubeClient;
  readonly link: AgentLink;
  readonly helm: HelmRunner;
  readonly credentials: CredentialStore;
  readonly plans: PlanStore;
  readonly logger: Logger;
  readonly version: string;
  /** The agent's own namespace. */
  readonly namespace: string;
  /** Scratch: fetched charts. */
  readonly workDir: string;
  readonly clock?: Clock;
}

/** Keeps one cluster as its plan says. Runs until the signal aborts; with the hub away it goes on enforcing what it has. */
export async function runClusterAgent(deps: ClusterAgentDeps, signal: AbortSignal): Promise<void> {
  const { kube, link, logger } = deps;
  const clock = deps.clock ?? systemClock;
  let plan: ClusterPlan | undefined;
  let current: CurrentPlan | undefined;
  let refused: PlanRefused | undefined;
  let conditions: Condition[] = [];

  const reporter = createFactsReporter(buildFacts, link);
  const changed = () => reporter.changed();
  const guard = createDriftGuard({ kube, clock, logger, onChange: changed, onTouched: (layer, id) => engine.touch(layer, id) });
  const inventory = createInventoryStore(kube, deps.namespace);
  const kept = createKeptStore(kube, deps.namespace);
  const charts = createChartCache(join(deps.workDir, 'charts'), (digest, stop) => link.fetchBlob(digest, stop));
  const installer = createInstaller({ kube, helm: deps.helm, charts, inventory, guard, logger, leftBefore: kept.has });
  const version = createVersionWatch(kube, changed);
  const health = createHealthWatch(kube, logger, () => {
    engine.wake();
    changed();
    version.nodesAre(health.nodes());
  });
  const engine = createLayerEngine({
    kube,
    helm: deps.helm,
    inventory,
    kept,
    home: deps.namespace,
    installer,
    guard,
    clock,
    logger,
    builtin: health.builtin,
    onChange: changed,
  });

  function buildFacts(): ClusterFacts | undefined {
    const uid = plan?.clusterUid ?? link.subject()?.uid;
    if (uid === undefined) return undefined;
    const layers = engine.layers();
    const nodes = health.nodes();
    const left = kept.facts();
    const now = new Date(clock.now()).toISOString();
    const found = clusterHealth({ nodes, corePods: health.corePods(), layers, now, before: conditions });
    conditions = found.conditions;
    return {
      kind: 'ClusterFacts',
      clusterUid: uid,
      agentVersion: deps.version,
      planRevision: current?.revision ?? 0,
      planHash: current?.hash ?? '',
      ...(refused === undefined ? {} : { planRefused: refused }),
      layers,
      nodes,
      kubernetesVersion: version.current(),
      drift: guard.facts(),
      health: found,
      tombstonesDone: engine.tombstonesDone(),
      ...(left.length === 0 ? {} : { kept: left }),
    };
  }

  // One change-over at a time: a second plan waits for the first to have taken hold.
  let turn = Promise.resolve();
  function enforce(next: ClusterPlan): void {
    const before = turn;
    turn = (async () => {
      await before;
      await engine
        .enforce(next, signal)
        .catch((error: unknown) =>
          logger.error({ error: messageOf(error), revision: next.revision }, 'a plan could not be put into force'),
        );
    })();
  }

  if (!(await apiServerAnswers(kube, logger, signal))) return;
  await ensureNamespaces(kube, [deps.namespace]).catch((error: unknown) =>
    logger.warn({ error: messageOf(error) }, 'the own namespace could not be checked'),
  );

  guard.start(signal);
  health.start(signal);
  const linked = link.start(signal);
  version.start(signal);
  await followPlan(
    {
      link,
      credentials: deps.credentials,
      store: deps.plans,
      logger,
      onPlan: (next, now) => {
        if (next.kind !== 'ClusterPlan') return;
        logger.info(
          {
            revision: next.revision,
            layers: next.layers.length,
          },
          'a plan is in force',
        );
        plan = next;
        current = now;
        enforce(next);
        changed();
      },
      onRefused: (next) => {
        refused = next;
        changed();
      },
    },
    signal,
  );
  await linked;
  reporter.stop();
  await turn;
  await engine.stop();
}

/** In a cluster's first seconds kube-proxy has not opened the way to the API server yet, and without it there is not even an identity to connect with. */
async function apiServerAnswers(kube: KubeClient, logger: Logger, signal: AbortSignal): Promise<boolean> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      await kube.request('/version', { timeoutMs: 5000, signal });
      return true;
    } catch (error) {
      if (failures % 20 === 0 && !signal.aborted) logger.info({ error: messageOf(error) }, 'waiting for the API server');
      await sleep(Math.min(2000, 100 + failures * 50), signal).catch(() => undefined);
    }
  }
  return false;
}
