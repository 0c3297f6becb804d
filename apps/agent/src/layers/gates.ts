import { messageOf, type Logger } from '@slipway/kit';
import type { KubeClient } from '@slipway/kube';
import { gateSubject, knownGates, type PlanGate, type ReadinessGate } from '@slipway/model';
import { checkGate, judgeOf, type GateJudge, type GateVerdict } from './gate-check.ts';

export interface GatesDeps {
  readonly kube: KubeClient;
  readonly logger: Logger;
  /** Objects of a gate moved: it is worth looking again. */
  readonly onMoved: () => void;
}

export type GatesState =
  | { readonly met: true }
  | {
      readonly met: false;
      readonly reason: 'WaitingForGate' | 'NeedsNewerAgent';
      /** Which gates wait, for which object and why. */ readonly message: string;
    };

export interface GateView {
  look(): Promise<GatesState>;
  /** Everything is asked for again at the next look. */
  recheck(): void;
  stop(): void;
}

/** A gate whose objects change all the time is not judged more often. */
const MIN_INTERVAL_MS = 250;

interface Gate {
  readonly gate: ReadinessGate;
  judge: GateJudge | undefined;
  verdict: GateVerdict;
  dirty: boolean;
  checkedAt: number;
}

/** The readiness gates of one layer, kept up by watches that carry metadata only: whole objects are asked for when one has moved, and not kept. */
export function createGateView(deps: GatesDeps, gates: readonly PlanGate[], home: string): GateView {
  const { known, unknown } = knownGates(gates);
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const states = known.map((gate): Gate => ({
    gate,
    judge: undefined,
    verdict: { met: false, why: 'not looked at yet' },
    dirty: true,
    checkedAt: Number.NEGATIVE_INFINITY,
  }));
  for (const state of states)
    void watch(state, () => {
      state.dirty = true;
      deps.onMoved();
    });

  function watch({ gate }: Gate, moved: () => void): Promise<void> {
    return deps.kube.watch({ apiVersion: gate.apiVersion, kind: gate.kind }, moved, stop.signal, {
      // The client leaves it out for kinds that have none.
      namespace: gate.namespace ?? home,
      labelSelector: gate.selector,
      fieldSelector: gate.name === undefined ? undefined : `metadata.name=${gate.name}`,
      metadataOnly: true,
      onError: (error) => deps.logger.debug({ error: messageOf(error), gate: gateSubject(gate) }, 'a watch broke and is opened again'),
    });
  }

  async function examine(state: Gate): Promise<void> {
    const wait = MIN_INTERVAL_MS - (performance.now() - state.checkedAt);
    if (wait > 0) {
      timer ??= setTimeout(() => {
        timer = undefined;
        deps.onMoved();
      }, wait);
      return;
    }
    state.dirty = false;
    state.checkedAt = performance.now();
    try {
      state.judge ??= await judgeOf(state.gate);
      state.verdict = await checkGate(deps.kube, state.gate, state.judge, home);
    } catch (error) {
      state.dirty = true;
      state.verdict = { met: false, why: messageOf(error) };
    }
  }

  return {
    async look() {
      if (unknown.length > 0) {
        const message = `This agent does not know readiness gates of type ${[...new Set(unknown)].join(', ')}, so it cannot tell whether the layer is ready: it needs a newer agent.`;
        return { met: false, reason: 'NeedsNewerAgent', message };
      }
      for (const state of states) if (state.dirty) await examine(state);
      const waiting = states.flatMap(({ gate, verdict }) => (verdict.met ? [] : [`${gateSubject(gate)}: ${verdict.why}`]));
      return waiting.length === 0 ? { met: true } : { met: false, reason: 'WaitingForGate', message: `Waits for ${waiting.join('; ')}` };
    },
    recheck() {
      for (const state of states) state.dirty = true;
    },
    stop() {
      stop.abort();
      clearTimeout(timer);
    },
  };
}
