import { isDeepStrictEqual } from 'node:util';
import { messageOf, type Logger } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import { knownGates, type ObjectId, type PlanLayer } from '@slipway/model';
import { createGateView, type GateView } from './gates.ts';
import { createReadinessView, type LayerReadiness, type ReadinessView } from './watch-readiness.ts';

export interface LayerHealthDeps {
  readonly kube: KubeClient;
  readonly logger: Logger;
  readonly builtin: (type: PlanLayer['type']) => LayerReadiness;
  /** It is worth looking again. */
  readonly onMoved: () => void;
}

export interface LayerHealthState extends LayerReadiness {
  /** What it waits for; of no meaning when it is ready. */
  readonly reason: 'WaitingForObjects' | 'WaitingForGate' | 'NeedsNewerAgent';
}

/** How a layer is: first its objects by Kubernetes' own rules, then its readiness gates. */
export interface LayerHealth {
  /** What the layer is made of now. */
  installed(wanted: readonly KubeObject[]): void;
  /** True when the layer's gates are other ones than before. */
  update(layer: PlanLayer): boolean;
  touch(id: ObjectId): void;
  /** Gates are asked for again, in case a watch missed something. */
  recheck(): void;
  look(): Promise<LayerHealthState>;
  /** How many gates are judged; undefined for a layer without any. */
  gates(): number | undefined;
  stop(): void;
}

export function createLayerHealth(deps: LayerHealthDeps, first: PlanLayer): LayerHealth {
  let layer = first;
  let view: ReadinessView | undefined;
  let gates: GateView | undefined;
  let judged = judgedOf(first);

  /** Watches are opened when there is something to wait for, not while the layer waits for its turn. */
  const gateView = (): GateView | undefined => {
    if ((layer.readiness ?? []).length === 0) return undefined;
    return (gates ??= createGateView(deps, layer.readiness ?? [], layer.namespace));
  };

  async function objects(): Promise<LayerReadiness> {
    if (layer.content.type === 'builtin') return deps.builtin(layer.type);
    try {
      return (await view?.look()) ?? { ready: true, failed: false, message: '' };
    } catch (error) {
      return { ready: false, failed: false, message: messageOf(error) };
    }
  }

  return {
    installed(wanted) {
      view = createReadinessView(deps.kube, wanted, layer.namespace);
    },
    update(next) {
      const changed = !isDeepStrictEqual(layer.readiness, next.readiness);
      layer = next;
      if (changed) {
        gates?.stop();
        gates = undefined;
        judged = judgedOf(next);
      }
      return changed;
    },
    touch: (id) => view?.touch(id),
    recheck: () => gates?.recheck(),
    async look() {
      const state = await objects();
      if (!state.ready && state.usable !== true) return { ...state, reason: 'WaitingForObjects' };
      const found = await gateView()?.look();
      if (found === undefined || found.met) return { ...state, reason: 'WaitingForObjects' };
      const message = state.ready ? found.message : `${state.message}; ${found.message}`;
      return { ready: false, usable: false, failed: false, reason: found.reason, message };
    },
    gates: () => judged,
    stop: () => gates?.stop(),
  };
}

const judgedOf = ({ readiness = [] }: PlanLayer): number | undefined =>
  readiness.length === 0 ? undefined : knownGates(readiness).known.length;
