import { backoff, messageOf, minutes, type Clock, type Logger } from '@slipway/kit';
import type { KubeClient } from '@slipway/kube';
import type { LayerFact, ObjectId, PlanLayer } from '@slipway/model';
import { createNotifier } from '../parallel.ts';
import type { Installed, Installer } from './installer.ts';
import { createLayerHealth, type LayerHealthState } from './layer-health.ts';
import { type Blocker } from './order.ts';
import type { LayerReadiness } from './watch-readiness.ts';

type State = LayerFact['state'];

export interface LayerRunnerDeps {
  readonly kube: KubeClient;
  readonly installer: Installer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What this layer has to wait for before it may start. */
  readonly blocker: (layer: PlanLayer) => Blocker | undefined;
  /** Health of what the machine itself provides. */
  readonly builtin: (type: PlanLayer['type']) => LayerReadiness;
  /** The layer's fact changed. */
  readonly onChange: () => void;
  readonly random?: () => number;
}

export interface LayerRunner {
  readonly layer: PlanLayer;
  /** Same content, other policy, dependencies, gates or timeout. */
  update(layer: PlanLayer): void;
  fact(): LayerFact;
  /** It was Ready once with this content, or ready enough for layers that build on it. */
  readonly mayBeBuiltOn: boolean;
  /** An object of the layer moved. */
  touch(id: ObjectId): void;
  /** Something the layer may wait for changed. */
  wake(): void;
  /** Stops working on it (a running helm is ended) and resolves when nothing runs any more. Takes nothing away. */
  stop(): Promise<void>;
}

const POLL_FAST_MS = 200;
const POLL_SLOW_MS = 2000;
/** A safety net besides the watches. */
const READY_RECHECK_MS = minutes(5);

/** Keeps one layer as the plan says until it is stopped: waits for its dependencies, installs, waits until ready, then keeps an eye on it. */
export function createLayerRunner(deps: LayerRunnerDeps, first: PlanLayer): LayerRunner {
  const abort = new AbortController();
  const { signal } = abort;
  const notifier = createNotifier();
  let layer = first;
  let wasReady = false;
  let wasUsable = false;
  let installed: Installed | undefined;
  /** Something happened while the layer was being looked at: what was seen may be old already. */
  let moved = false;
  const move = () => {
    moved = true;
    notifier.notify();
  };
  const health = createLayerHealth({ ...deps, onMoved: move }, first);
  /** When the layer's objects, or its gates, began to be waited for. */
  let waitingSince = performance.now();
  let fact: LayerFact = {
    name: layer.name,
    state: 'Waiting',
    reason: 'Starting',
    message: '',
    objects: [],
    since: new Date(deps.clock.now()).toISOString(),
  };

  function say(state: State, reason: string, message: string): void {
    const gates = health.gates();
    const same =
      fact.state === state &&
      fact.reason === reason &&
      fact.message === message &&
      fact.gates === gates &&
      fact.objects === (installed?.objects ?? fact.objects);
    if (state === 'Ready') wasReady = true;
    if (same) return;
    const since = fact.state === state ? fact.since : new Date(deps.clock.now()).toISOString();
    fact = {
      name: layer.name,
      state,
      reason,
      message,
      since,
      ...(installed === undefined ? (fact.version === undefined ? {} : { version: fact.version }) : { version: installed.version }),
      objects: installed === undefined ? fact.objects : (installed.objects as ObjectId[]),
      ...(gates === undefined ? {} : { gates }),
    };
    deps.onChange();
  }

  async function waitForDependencies(): Promise<void> {
    while (!signal.aborted) {
      const blocker = deps.blocker(layer);
      if (blocker === undefined) return;
      if (blocker.type === 'waiting') say('Waiting', 'WaitingForLayer', `Waits for layer ${blocker.on} to be ready.`);
      else say('Failed', 'PlanImpossible', blocker.message);
      await notifier.next(signal);
    }
  }

  async function install(): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      // Of a layer that fails again and again the last words stay readable while it tries once more.
      if (failures === 0) say('Installing', 'Installing', `Installing ${what(layer)}.`);
      try {
        installed = await deps.installer.install(layer, signal);
        health.installed(installed.wanted);
        return;
      } catch (error) {
        if (signal.aborted) return;
        deps.logger.warn({ layer: layer.name, error: messageOf(error) }, 'a layer could not be installed');
        say('Failed', layer.content.type === 'chart' ? 'HelmFailed' : 'ApplyFailed', messageOf(error));
        await pause(backoff(failures, { baseMs: 1000, maxMs: minutes(2), ...(deps.random === undefined ? {} : { random: deps.random }) }));
      }
    }
  }

  /** Not cut short by wakes: those are about readiness and dependencies. */
  async function pause(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (!signal.aborted && performance.now() < until) await notifier.next(signal, until - performance.now());
  }

  /** Says how the layer is until it must be installed again (helm's record of it is gone). */
  async function observe(): Promise<void> {
    waitingSince = performance.now();
    let lastRecordCheck = performance.now();
    let poll = POLL_FAST_MS;
    while (!signal.aborted) {
      moved = false;
      const state = await health.look();
      if (state.usable === true && !wasUsable) {
        wasUsable = true;
        deps.onChange();
      }
      tell(state);
      poll = state.ready ? READY_RECHECK_MS : Math.min(POLL_SLOW_MS, poll >= READY_RECHECK_MS ? POLL_FAST_MS : poll * 1.3);
      if (!moved) await notifier.next(signal, poll);
      if (performance.now() - lastRecordCheck < READY_RECHECK_MS) continue;
      lastRecordCheck = performance.now();
      health.recheck();
      if (!(await deps.installer.stillThere(layer).catch(() => true))) return;
    }
  }

  function tell(state: LayerHealthState): void {
    const late = performance.now() - waitingSince > layer.timeoutSeconds * 1000;
    const reason = state.reason === 'WaitingForObjects' ? 'NotReady' : state.reason;
    if (state.ready) say('Ready', 'Ready', '');
    else if (wasReady) say('Degraded', reason, state.message);
    else if (state.failed) say('Failed', reason, state.message);
    else if (late) say('Failed', reason, `Not ready after ${layer.timeoutSeconds} s: ${state.message}`);
    else say('Installing', state.reason, state.message);
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await waitForDependencies();
      if (!signal.aborted) await install();
      if (!signal.aborted) await observe();
    }
  }

  const done = run().catch((error: unknown) => deps.logger.error({ layer: layer.name, error: messageOf(error) }, 'a layer runner ended'));

  return {
    get layer() {
      return layer;
    },
    get mayBeBuiltOn() {
      return wasReady || wasUsable;
    },
    update(next) {
      layer = next;
      if (health.update(next)) waitingSince = performance.now();
      move();
    },
    fact: () => fact,
    touch(id) {
      health.touch(id);
      move();
    },
    wake: move,
    async stop() {
      abort.abort(new DOMException('the layer was stopped', 'AbortError'));
      health.stop();
      await done;
    },
  };
}

const what = (layer: PlanLayer): string => {
  switch (layer.content.type) {
    case 'chart':
      return `chart ${layer.content.name} ${layer.content.version}`;
    case 'manifests':
      return `${layer.content.objects.length} objects`;
    case 'builtin':
      return layer.content.version;
  }
};
