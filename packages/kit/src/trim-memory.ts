import { performance } from 'node:perf_hooks';
/** What a trimmer looks at and what it does; the real ones are Node's. */
export interface TrimDeps {
  /** Bytes held from the system, used or not. */
  readonly held: () => number;
  /** Share of the time since the last call in which the program was at work, 0..1. */
  readonly busy: () => number;
  /** Collects everything and gives free pages back. */
  readonly collect: () => void;
}

const LOOK_MS = 1000;
const MIB = 1024 * 1024;
const RESTING = 0.1;

export interface TrimLimits {
  /** MiB of growth that are worth a collection when nobody waits for us. */
  readonly restingMiB: number;
  /** MiB of growth that are worth one even then; default never. */
  readonly busyMiB?: number;
}

/**
 * After much work Node keeps the memory it needed for it: it only collects in earnest when it allocates more. What is free goes back soon: at rest when little has
 * grown, at once when much has. A collection takes some 20 ms for an agent.
 *
 * @returns a function that looks, called once a second by `startTrimming`
 */
export function createTrimmer(deps: TrimDeps, limits: TrimLimits): () => void {
  let least: number | undefined;
  return () => {
    const resting = deps.busy() < RESTING;
    const grown = deps.held() - (least ?? 0);
    if (grown < (resting ? limits.restingMiB : (limits.busyMiB ?? Number.POSITIVE_INFINITY)) * MIB) return;
    deps.collect();
    least = deps.held();
  };
}

/** Trims until the signal aborts. Does nothing when Node was started without `--expose-gc`. */
export function startTrimming(limits: TrimLimits, signal: AbortSignal): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  let before = performance.eventLoopUtilization();
  const deps: TrimDeps = {
    held: () => {
      const { heapTotal, external } = process.memoryUsage();
      return heapTotal + external;
    },
    busy: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
    collect: () => void gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
  };
  const timer = setInterval(createTrimmer(deps, limits), LOOK_MS);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
