import { messageOf, type Clock, type Logger } from '@slipway/kit';
import { createQueue, type Queue } from './queue.ts';
import type { Source } from './sources.ts';
import type { Step } from './step.ts';
import type { Timers } from './timers.ts';

export interface Phase<Scope> {
  readonly name: string;
  /** Names of phases that must have ended `done` in this run; otherwise this one is skipped. */
  readonly needs?: readonly string[];
  readonly run: (scope: Scope, signal: AbortSignal) => Promise<Step> | Step;
}

/** How a run over the phases ended. */
export interface RunResult {
  readonly steps: ReadonlyMap<string, Step>;
  /** Errors by phase; the run fails after its status has been written. */
  readonly errors: ReadonlyMap<string, unknown>;
}

/**
 * How one kind reaches its spec. Level-based: the key is the only input, everything is read anew in `load`, and a run that finds the world as wanted does nothing.
 */
export interface ControllerDefinition<Scope> {
  readonly name: string;
  /** Milliseconds after which every key is looked at again even when nothing woke it; what a lost event would cost. */
  readonly resyncMs: number;
  readonly wakeOn: readonly Source[];
  /** All reads, into one typed scope. Undefined when the object is gone. */
  readonly load: (key: string, signal: AbortSignal) => Promise<Scope | undefined>;
  /** Stops an object before any phase; its status is still written. Deletion is not stopped by it unless this says so. */
  readonly paused?: (scope: Scope) => boolean;
  readonly deleting: (scope: Scope) => boolean;
  readonly phases: {
    readonly always?: readonly Phase<Scope>[];
    readonly active?: readonly Phase<Scope>[];
    readonly deleting?: readonly Phase<Scope>[];
  };
  /** Writes status, always, also after errors. Returns milliseconds until the status itself goes stale, if it does. */
  readonly finish: (scope: Scope, result: RunResult, signal: AbortSignal) => Promise<number | void>;
  readonly workers?: number;
}

export interface ControllerDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

export interface Controller {
  readonly name: string;
  /** Ends with the signal. */
  run(signal: AbortSignal): Promise<void>;
  /** Makes a key due. */
  wake(key: string): void;
  /** Resolves when nothing is due or under way. */
  idle(): Promise<void>;
  /** One run for one key, without the queue: what the queue does, and what tests of convergence call. */
  reconcile(key: string, signal: AbortSignal): Promise<{ againAfterMs?: number }>;
  readonly depth: number;
}

/** The type of a definition is inferred from its `load`. */
export const defineController = <Scope>(definition: ControllerDefinition<Scope>): ControllerDefinition<Scope> => definition;

export function createController<Scope>(definition: ControllerDefinition<Scope>, deps: ControllerDeps): Controller {
  const logger = deps.logger.child({ controller: definition.name });
  const queue: Queue = createQueue({
    work: (key, signal) => reconcileOnce(definition, key, signal),
    clock: deps.clock,
    timers: deps.timers,
    workers: definition.workers ?? 4,
    onError: (key, error, retryInMs) => logger.warn({ key, retryInMs, error: messageOf(error) }, 'reconcile failed, will retry'),
  });
  return {
    name: definition.name,
    wake: (key) => queue.add(key),
    idle: () => queue.idle(),
    reconcile: (key, signal) => reconcileOnce(definition, key, signal),
    get depth() {
      return queue.depth;
    },
    async run(signal) {
      const sources = definition.wakeOn.map((source) => source.run((key, urgency) => queue.add(key, urgency), signal));
      await Promise.all([queue.run(signal), ...sources]);
    },
  };
}

async function reconcileOnce<Scope>(
  definition: ControllerDefinition<Scope>,
  key: string,
  signal: AbortSignal,
): Promise<{ againAfterMs?: number }> {
  const scope = await definition.load(key, signal);
  if (scope === undefined) return {};
  const result = await runPhases(definition, scope, signal);
  signal.throwIfAborted();
  const stale = await definition.finish(scope, result, signal);
  const [firstError] = result.errors.values();
  if (firstError !== undefined) throw firstError;
  const agains = [...result.steps.values()].flatMap((step) => (step.type === 'again' ? [step.afterMs] : []));
  return { againAfterMs: Math.min(definition.resyncMs, ...agains, ...(typeof stale === 'number' ? [stale] : [])) };
}

async function runPhases<Scope>(definition: ControllerDefinition<Scope>, scope: Scope, signal: AbortSignal): Promise<RunResult> {
  const steps = new Map<string, Step>();
  const errors = new Map<string, unknown>();
  if (definition.paused?.(scope)) return { steps, errors };
  const { always = [], active = [], deleting = [] } = definition.phases;
  for (const phase of [...always, ...(definition.deleting(scope) ? deleting : active)]) {
    signal.throwIfAborted();
    const missing = phase.needs?.find((name) => steps.get(name)?.type !== 'done');
    if (missing !== undefined) {
      steps.set(phase.name, { type: 'wait', reason: 'WaitingForPhase', message: `Waits for ${missing}.` });
      continue;
    }
    try {
      steps.set(phase.name, await phase.run(scope, signal));
    } catch (error) {
      // One phase that fails does not keep the others from their work, nor the status from being written.
      errors.set(phase.name, error);
    }
  }
  return { steps, errors };
}
