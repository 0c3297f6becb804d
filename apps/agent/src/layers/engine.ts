import type { Clock, Logger } from '@slipway/kit';
import type { KubeClient } from '@slipway/kube';
import type { ClusterPlan, LayerFact, ObjectId, PlanLayer } from '@slipway/model';
import type { DriftGuard } from '../drift/drift-guard.ts';
import { contentHash, type HelmRunner, type Installer } from './installer.ts';
import type { InventoryStore } from './inventory.ts';
import { createLayerRunner, type LayerRunner } from './layer-runner.ts';
import { blockerOf } from './order.ts';
import { createTombstones } from './tombstones.ts';
import type { KeptStore } from '../removal/kept-store.ts';
import { createRemoval } from '../removal/removal.ts';
import type { LayerReadiness } from './watch-readiness.ts';

export interface LayerEngineDeps {
  readonly kube: KubeClient;
  readonly helm: HelmRunner;
  readonly inventory: InventoryStore;
  readonly kept: KeptStore;
  /** The agent's own namespace. */
  readonly home: string;
  readonly installer: Installer;
  readonly guard: DriftGuard;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly builtin: (type: PlanLayer['type']) => LayerReadiness;
  readonly onChange: () => void;
}

export interface LayerEngine {
  /** Enforces this plan from now on. Resolves when the change-over is done (not when the layers are). */
  enforce(plan: ClusterPlan, signal: AbortSignal): Promise<void>;
  touch(layer: string, id: ObjectId): void;
  /** The health of builtin layers may have changed. */
  wake(): void;
  layers(): LayerFact[];
  tombstonesDone(): string[];
  stop(): Promise<void>;
}

/** One runner per layer of the plan in force; layers that do not depend on each other run side by side, and one that fails stops only those that need it. */
export function createLayerEngine(deps: LayerEngineDeps): LayerEngine {
  const runners = new Map<string, { readonly runner: LayerRunner; readonly hash: string }>();
  const removal = createRemoval({
    kube: deps.kube,
    helm: deps.helm,
    inventory: deps.inventory,
    kept: deps.kept,
    home: deps.home,
    logger: deps.logger,
    clock: deps.clock,
    release: (layer) => deps.guard.release(layer),
  });
  const tombstones = createTombstones({ ...deps, removal });
  let plan: ClusterPlan | undefined;
  let removing = { stop: new AbortController(), done: Promise.resolve() };

  const wakeAll = () => {
    for (const { runner } of runners.values()) runner.wake();
  };

  function start(layer: PlanLayer): LayerRunner {
    return createLayerRunner(
      {
        kube: deps.kube,
        installer: deps.installer,
        clock: deps.clock,
        logger: deps.logger,
        builtin: deps.builtin,
        blocker: (current) => blockerOf(current, plan?.layers ?? [], (name) => runners.get(name)?.runner.mayBeBuiltOn ?? false),
        onChange: () => {
          wakeAll();
          deps.onChange();
        },
      },
      layer,
    );
  }

  async function enforce(next: ClusterPlan, signal: AbortSignal): Promise<void> {
    plan = next;
    removing.stop.abort();
    const hashes = new Map(next.layers.map((layer) => [layer.name, contentHash(layer)]));
    const leaving = [...runners].filter(([name, { hash }]) => hashes.get(name) !== hash);
    for (const [name] of leaving) runners.delete(name);
    // A layer's old run (and its helm) must have ended before a new one starts.
    await Promise.all([removing.done, ...leaving.map(([, { runner }]) => runner.stop())]);
    if (signal.aborted || plan !== next) return;
    for (const [name] of leaving) {
      if (hashes.has(name)) continue;
      deps.guard.release(name);
      deps.installer.forget(name);
    }
    for (const layer of next.layers) {
      const existing = runners.get(layer.name);
      if (existing === undefined) runners.set(layer.name, { runner: start(layer), hash: hashes.get(layer.name)! });
      else existing.runner.update(layer);
      deps.guard.setPolicy(layer.name, layer.drift, layer);
    }
    const stop = new AbortController();
    removing = { stop, done: tombstones.execute(next, AbortSignal.any([signal, stop.signal])) };
    wakeAll();
    deps.onChange();
  }

  return {
    enforce,
    touch: (layer, id) => runners.get(layer)?.runner.touch(id),
    wake: wakeAll,
    layers() {
      const facts = (plan?.layers ?? []).flatMap((layer) => runners.get(layer.name)?.runner.fact() ?? []);
      const leaving = tombstones
        .removing()
        .map(({ layer, reason, message, since }): LayerFact => ({ name: layer, state: 'Removing', reason, message, since, objects: [] }));
      return [...facts, ...leaving];
    },
    tombstonesDone: () => tombstones.done(),
    async stop() {
      removing.stop.abort();
      await Promise.all([removing.done, ...[...runners.values()].map(({ runner }) => runner.stop())]);
    },
  };
}
