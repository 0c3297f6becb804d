import { backoff, messageOf, SlipwayError, type Clock, type Logger } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import type { DriftFact, ObjectId } from '@slipway/model';
import { FIELD_MANAGER, goesByItself, nameOf, objectIdOf, objectKey, refOf } from '../layers/object-id.ts';
import { compareDrift, subsetDrift, type FieldDrift } from './diff.ts';
import { createDriftLog } from './drift-log.ts';
import { createDriftRules, type LayerRules } from './drift-rules.ts';
import { pathText, withoutField, type FieldPath } from './field-set.ts';
import { fingerprint } from './fingerprint.ts';
import { createObjectWatches, scopeKey, type WatchScope } from './object-watches.ts';
import { scopeOf, targetOf, type Target } from './target.ts';

/** Checks at a time: each is a get and a dry run. */
const CONCURRENCY = 8;
/** A full look at everything as a safety net, besides the watches. Jittered by a fifth. */
const RECHECK_MS = 10 * 60_000;
/** So many repairs of one object in a minute are a quarrel with another controller: from then on with growing pauses. */
const QUARREL = 5;
const QUARREL_WINDOW_MS = 60_000;

interface GuardedLayer {
  policy: 'heal' | 'report';
  suspended: boolean;
  targets: Target[];
}

export interface DriftGuardDeps {
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Facts changed. */
  onChange(): void;
  /** Something about an object of this layer moved (status included): its readiness may have changed. */
  onTouched(layer: string, id: ObjectId): void;
  readonly random?: () => number;
  readonly recheckMs?: number;
}

export interface DriftGuard {
  start(signal: AbortSignal): void;
  /** A layer is about to be changed by us: what is seen meanwhile is not judged. */
  suspend(layer: string): void;
  /**
   * The layer is installed: from now on its objects are held to `wanted`. `applied` are the server's answers to what was just applied; objects in it
   * need no first look.
   */
  guard(layer: string, policy: 'heal' | 'report', wanted: readonly KubeObject[], applied?: ReadonlyMap<string, KubeObject>): void;
  /** The change broke off: the layer is held to what it was, but for the objects that were applied. */
  resume(layer: string, applied: readonly { readonly object: KubeObject; readonly answer: KubeObject }[]): void;
  /** From now on, and for the differences that are known already. */
  setPolicy(layer: string, policy: 'heal' | 'report', rules?: LayerRules): void;
  /** Stops looking at a layer; its drift is no longer reported. Touches nothing. */
  release(layer: string): void;
  facts(): DriftFact[];
}

/** Watches what was applied and puts it right or reports it. See the rules in `diff.ts` and `ownership.ts` for what counts as drift. */
export function createDriftGuard(deps: DriftGuardDeps): DriftGuard {
  const layers = new Map<string, GuardedLayer>();
  const targets = new Map<string, Target>();
  /** Layers that are being changed, and what the watches showed meanwhile of objects that may turn out to be theirs. */
  const changing = new Set<string>();
  const unclaimed = new Map<string, string | undefined>();
  const log = createDriftLog(deps.clock);
  const rules = createDriftRules();
  const queue: Target[] = [];
  const running: { count: number; signal: AbortSignal } = { count: 0, signal: AbortSignal.abort() };
  const watches = createObjectWatches({ kube: deps.kube, logger: deps.logger, onEvent, onSynced });

  function onEvent(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void {
    const key = objectKey(objectIdOf(object));
    const target = targets.get(key);
    const latest = type === 'DELETED' ? undefined : fingerprint(object.metadata);
    if (target === undefined) {
      if (changing.size > 0) unclaimed.set(key, latest);
      return;
    }
    target.latest = latest;
    deps.onTouched(target.layer, target.id);
    if (type === 'DELETED' || target.latest !== target.judged) check(target);
  }

  function onSynced(scope: WatchScope): void {
    const key = scopeKey(scope);
    for (const target of targets.values()) if (target.latest === undefined && scopeKey(scopeOf(target)) === key) check(target);
  }

  function check(target: Target): void {
    if (layers.get(target.layer)?.suspended !== false || running.signal.aborted) return;
    if (target.busy) {
      target.dirty = true;
      return;
    }
    clearTimeout(target.timer);
    target.timer = undefined;
    target.busy = true;
    queue.push(target);
    pump();
  }

  function pump(): void {
    while (running.count < CONCURRENCY && queue.length > 0) {
      const target = queue.shift()!;
      running.count++;
      void examine(target).finally(() => {
        running.count--;
        target.busy = false;
        if (target.dirty) {
          target.dirty = false;
          check(target);
        }
        pump();
      });
    }
  }

  /** Still ours to judge: the layer may have been suspended or released while a request was on its way. */
  const current = (target: Target): GuardedLayer | undefined => {
    const layer = layers.get(target.layer);
    return layer?.suspended === false && targets.get(target.key) === target ? layer : undefined;
  };

  async function examine(target: Target): Promise<void> {
    try {
      await judge(target);
      target.failures = 0;
    } catch (error) {
      deps.logger.warn({ object: nameOf(target.id), error: messageOf(error) }, 'an object could not be checked for drift');
      later(target, backoff(target.failures++, { baseMs: 500, maxMs: 60_000 }));
    }
  }

  function later(target: Target, ms: number): void {
    clearTimeout(target.timer);
    target.timer = setTimeout(() => check(target), ms);
    target.timer.unref();
  }

  async function judge(target: Target): Promise<void> {
    const live = await deps.kube.get(refOf(target.id));
    const layer = current(target);
    if (layer === undefined) return;
    if (rules.leavesAlone(target)) return leave(target);
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) return judgeMissing(target, layer, live);
    const compared = await compareWith(target, live);
    if (compared === 'moved') {
      target.dirty = true;
      return;
    }
    const still = current(target);
    if (still === undefined) return;
    if (compared.drifted.length === 0) {
      target.judged = fingerprint(live.metadata);
      if (compared.yielded.some((path) => rules.ignores(target, pathText(path)))) leave(target);
      else if (log.settle(target.key)) deps.onChange();
      return;
    }
    report(target, still, 'Changed', compared.drifted);
    if (still.policy === 'report' && !rules.wantsBack(target, log.since(target.key))) target.judged = fingerprint(live.metadata);
    else await repair(target, compared.yielded);
  }

  async function judgeMissing(target: Target, layer: GuardedLayer, live: KubeObject | undefined): Promise<void> {
    if (goesByItself(target.wanted)) return;
    report(target, layer, 'Deleted', []);
    target.judged = undefined;
    // While finalizers still run the name is taken; the DELETED event brings us back.
    if (live === undefined && (layer.policy === 'heal' || rules.wantsBack(target, log.since(target.key)))) await repair(target, []);
  }

  /** It differs and may: that is neither open nor put right. */
  function leave(target: Target): void {
    if (!log.has(target.key)) return;
    log.forget(target.key);
    deps.onChange();
  }

  /** 'moved' when the object changed between the two requests, so that they cannot be compared. */
  async function compareWith(
    target: Target,
    live: KubeObject,
  ): Promise<{ drifted: readonly FieldDrift[]; yielded: readonly FieldPath[] } | 'moved'> {
    try {
      const dryRun = await deps.kube.apply(target.wanted, { fieldManager: FIELD_MANAGER, force: true, dryRun: true });
      if (dryRun.metadata.uid !== live.metadata.uid || dryRun.metadata.resourceVersion !== live.metadata.resourceVersion) return 'moved';
      return compareDrift(dryRun, live, FIELD_MANAGER, (path) => rules.ignores(target, path));
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'Invalid') throw error;
      // An immutable field differs (the object was deleted and made anew): the server would refuse the repair as well.
      const found = subsetDrift(target.wanted, live);
      if (found.length === 0) throw error;
      const drifted = found.filter(({ path }) => !rules.ignores(target, path));
      return { drifted, yielded: [] };
    }
  }

  function report(target: Target, layer: GuardedLayer, type: DriftFact['type'], drifted: readonly FieldDrift[]): void {
    const manager = drifted.find((field) => field.manager !== undefined)?.manager;
    const changed = log.open(target.key, {
      layer: target.layer,
      object: target.id,
      type,
      policy: layer.policy,
      diff: drifted.map(({ path, wanted, live }) => ({ path, wanted, live })),
      ...(manager === undefined ? {} : { manager }),
    });
    if (changed) deps.onChange();
  }

  async function repair(target: Target, yielded: readonly FieldPath[]): Promise<void> {
    const now = deps.clock.now();
    target.repairs = target.repairs.filter((at) => now - at < QUARREL_WINDOW_MS);
    const quarrel = target.repairs.length - QUARREL;
    if (quarrel >= 0) {
      const lastRepair = target.repairs.at(-1) ?? 0;
      const pause = backoff(quarrel, { baseMs: 2000, maxMs: 30_000, jitter: 0 });
      if (now - lastRepair < pause) return later(target, pause - (now - lastRepair));
    }
    const object = yielded.reduce((wanted, path) => withoutField(wanted, path), target.wanted);
    const right = await deps.kube.apply(object, { fieldManager: FIELD_MANAGER, force: true });
    target.repairs.push(deps.clock.now());
    target.judged = fingerprint(right.metadata);
    deps.logger.info({ object: nameOf(target.id), layer: target.layer }, 'drift was put right');
    log.settle(target.key);
    deps.onChange();
  }

  /** Whether what is known of a newly guarded object leaves a doubt. Streams that are open already will not show it again by themselves. */
  function needsLook(target: Target, before: Target | undefined): boolean {
    if (log.has(target.key) || before?.busy) return true;
    if (!watches.isSynced(scopeOf(target))) return false;
    return target.judged === undefined || target.latest !== target.judged;
  }

  function drop(layer: GuardedLayer, keep: ReadonlySet<string>): void {
    for (const target of layer.targets) {
      clearTimeout(target.timer);
      if (targets.get(target.key) === target) targets.delete(target.key);
      if (!keep.has(target.key)) log.forget(target.key);
    }
  }

  function guard(name: string, policy: 'heal' | 'report', wanted: readonly KubeObject[], applied?: ReadonlyMap<string, KubeObject>): void {
    const before = layers.get(name);
    const earlier = new Map(before?.targets.map((target) => [target.key, target]));
    const layer: GuardedLayer = { policy, suspended: false, targets: [] };
    for (const object of wanted) {
      const target = targetOf(name, object, earlier, applied);
      // An open stream has shown our own change already, or will: until it shows another one, that is how the object is.
      if (!earlier.has(target.key) && watches.isSynced(scopeOf(target)))
        target.latest = unclaimed.has(target.key) ? unclaimed.get(target.key) : target.judged;
      layer.targets.push(target);
    }
    settled(name);
    if (before !== undefined) drop(before, new Set(layer.targets.map((target) => target.key)));
    layers.set(name, layer);
    for (const target of layer.targets) targets.set(target.key, target);
    refreshWatches();
    for (const target of layer.targets) if (needsLook(target, earlier.get(target.key))) check(target);
    deps.onChange();
  }

  function settled(name: string): void {
    changing.delete(name);
    if (changing.size === 0) unclaimed.clear();
  }

  function refreshWatches(): void {
    if (running.signal.aborted) return;
    const scopes = new Map([...targets.values()].map((target) => [scopeKey(scopeOf(target)), scopeOf(target)]));
    watches.setScopes([...scopes.values()], running.signal);
  }

  return {
    start(signal) {
      running.signal = signal;
      refreshWatches();
      for (const target of targets.values()) check(target);
      const every = (deps.recheckMs ?? RECHECK_MS) * (0.9 + 0.2 * (deps.random ?? Math.random)());
      const timer = setInterval(() => {
        for (const target of targets.values()) check(target);
      }, every);
      signal.addEventListener('abort', () => {
        clearInterval(timer);
        for (const target of targets.values()) clearTimeout(target.timer);
      });
    },
    suspend(name) {
      changing.add(name);
      const layer = layers.get(name);
      if (layer !== undefined) layer.suspended = true;
    },
    guard,
    resume(name, applied) {
      const layer = layers.get(name);
      if (layer === undefined) return settled(name);
      const wanted = new Map(layer.targets.map((target) => [target.key, target.wanted]));
      const answers = new Map<string, KubeObject>();
      for (const { object, answer } of applied) {
        const key = objectKey(objectIdOf(object));
        wanted.set(key, object);
        answers.set(key, answer);
      }
      guard(name, layer.policy, [...wanted.values()], answers);
    },
    setPolicy(name, policy, told = {}) {
      const changed = rules.set(name, told);
      const layer = layers.get(name);
      if (layer === undefined || (layer.policy === policy && !changed)) return;
      layer.policy = policy;
      for (const target of layer.targets) check(target);
    },
    release(name) {
      settled(name);
      const layer = layers.get(name);
      if (layer === undefined) return;
      layers.delete(name);
      drop(layer, new Set());
      refreshWatches();
      deps.onChange();
    },
    facts: () => log.facts(),
  };
}
