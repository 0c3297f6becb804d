import { newUid } from '@slipway/kit';
import { type ApiObject, type ChangePlan, type ClusterValues, type ImpactPlan, type RolloutPlan, SCOPES } from '@slipway/model';
import { createController, createLocalLeases, runAsLeader, systemTimers, type Controller } from '@slipway/runtime';
import { clusterController } from './cluster/controller.ts';
import { createClusterIndex } from './cluster-index.ts';
import { clusterTemplateController } from './cluster-template/controller.ts';
import { clusterProfileController } from './cluster-profile/controller.ts';
import { SHIPPED_IMAGE_TAGS, type ControllersOptions, type FleetDeps } from './deps.ts';
import { eventController } from './event/controller.ts';
import { gatewayController } from './gateway/controller.ts';
import { type ImpactInput, planImpact } from './impact/plan-impact.ts';
import { machinePoolController } from './machine-pool/controller.ts';
import { planFor, type PlanForInput } from './plan-for.ts';
import { createClusterResolver } from './cluster-resolver.ts';
import { rolloutController } from './rollout/controller.ts';
import { planRollout } from './rollout/fleet-plan.ts';
import type { RolloutObject } from './rollout/scope.ts';
import { projectController } from './project/controller.ts';
import { tenantStore } from './tenant-deps.ts';
import { userItemController } from './user-item/controller.ts';
import { valuesFor, type ValuesForInput } from './values-for.ts';

export interface Controllers {
  /** Competes for leadership and reconciles while leading; ends with the signal. */
  start(signal: AbortSignal): Promise<void>;
  /** What would happen to clusters if these objects were stored. */
  planFor(input: Omit<PlanForInput, 'manifests'> & { readonly tenant: string; readonly manifests?: boolean }): Promise<ChangePlan>;
  /** What the layers of a cluster are told, or would be if these objects were stored; secrets stay closed. */
  valuesFor(input: ValuesForInput & { readonly tenant: string }): Promise<ClusterValues>;
  /** What this rollout would do to the fleet, stored or not. */
  planRollout(tenant: string, rollout: ApiObject): Promise<RolloutPlan>;
  /** What a change of a macro or a registry would do to clusters that run. */
  impactFor(input: ImpactInput): Promise<ImpactPlan>;
  /** By name, for metrics (`depth`) and for running one key. */
  readonly controllers: Readonly<Record<string, Controller>>;
}

/**
 * The controllers of the hub. With several replicas one leads; the others take over within 15 seconds of its end.
 *
 * @example await createControllers({ store, facts, plans, packs, clouds, clock: systemClock, logger }).start(signal);
 */
export function createControllers(options: ControllersOptions): Controllers {
  const { store, clock, logger } = options;
  const timers = options.timers ?? systemTimers;
  const deps: FleetDeps = {
    ...options,
    timers,
    render: options.render,
    packReads: options.packReads,
    imageTags: options.imageTags ?? (() => SHIPPED_IMAGE_TAGS),
    clusters: createClusterIndex(),
    resolveCluster: createClusterResolver(options),
  };
  const maskedResolver = createClusterResolver({ packs: options.packs });
  const base = { clock, timers, logger };
  const list = [
    createController(clusterController(deps), base),
    createController(gatewayController(deps), base),
    createController(machinePoolController(deps), base),
    ...SCOPES.map((scope) => createController(clusterProfileController(deps, scope), base)),
    createController(rolloutController(deps), base),
    createController(clusterTemplateController(deps), base),
    createController(projectController(deps), base),
    createController(eventController(deps), base),
    createController(userItemController(deps), base),
  ].filter(({ name }) => !options.without?.includes(name));
  return {
    controllers: Object.fromEntries(list.map((controller) => [controller.name, controller])),
    planFor: ({ tenant, manifests, ...input }) =>
      planFor(
        // Whoever asks for a plan says what the templates and rules are: with secrets open, what fails would tell what they are.
        { ...deps, tenant, store: tenantStore(store, tenant), resolveCluster: maskedResolver },
        { ...input, manifests: manifests ? { tenant } : undefined },
      ),
    valuesFor: ({ tenant, ...input }) => valuesFor({ tenant, store: tenantStore(store, tenant), maskedResolver }, input),
    planRollout: (tenant, rollout) => planRollout(deps, tenant, rollout as RolloutObject),
    impactFor: (input) => planImpact({ ...deps, resolveCluster: maskedResolver }, input),
    start: (signal) =>
      runAsLeader(
        {
          leases: options.leases ?? createLocalLeases(clock),
          name: 'controllers',
          holder: newUid(),
          clock,
          timers,
          logger,
          lead: async (term) => {
            await Promise.all(list.map((controller) => controller.run(term)));
          },
        },
        signal,
      ),
  };
}
