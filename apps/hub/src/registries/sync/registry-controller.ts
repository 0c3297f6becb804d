import { tenantStore } from '@slipway/controllers';
import { type Clock, type Logger, messageOf } from '@slipway/kit';
import {
  type ApiObject,
  changedConditions,
  compact,
  deepEqual,
  type FleetStore,
  isPaused,
  type MovedVersion,
  nextSyncAt,
  type ObjectStore,
  registryConditions,
  registryKinds,
  type RegistrySpec,
  registrySpecSchema,
  type RegistryStatus,
  SYNC_REQUESTED,
  syncDueIn,
  type SyncOutcome,
  withConditions,
} from '@slipway/model';
import type { RegistryRef, RegistrySource } from '@slipway/packs';
import { again, changed, createEventRecorder, defineController, done, type Step, type Timers, wait } from '@slipway/runtime';
import { registryAddress } from '../registry-reader.ts';
import { newestOf, type PackObject, packsOf, syncRegistry } from './sync-registry.ts';

export interface RegistryControllerDeps {
  readonly store: FleetStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** The source of a registry, secrets of its spec opened. */
  readonly sourceOf: (ref: RegistryRef, signal: AbortSignal) => Promise<RegistrySource>;
  /** Fetches a pack so that it is held. */
  readonly hold: (ref: RegistryRef, pack: { name: string; version: string }) => Promise<void>;
}

type Registry = ApiObject<RegistrySpec, RegistryStatus>;

interface Scope {
  readonly ref: RegistryRef;
  readonly registry: Registry;
  readonly spec: RegistrySpec;
  readonly store: ObjectStore;
  outcome: SyncOutcome | undefined;
}

/** A catalogue that does not end. */
const SYNC_MS = 10 * 60_000;
/** Packs that are fetched ahead in one sync. */
const AHEAD = 200;

const keyOf = (object: ApiObject, tenant: string): string[] => [
  [tenant, object.metadata.namespace, object.metadata.name].filter((part) => part !== undefined).join('/'),
];

/** The registry of a key: `tenant/name`, or `tenant/project/name`. */
function refOf(key: string): RegistryRef {
  const [tenant = '', ...rest] = key.split('/');
  return { tenant, project: rest.length > 1 ? rest[0] : undefined, name: rest.at(-1) ?? '' };
}

/** Keeps the catalogue of every registry as the registry is: on schedule, when it changes, and when somebody asks. */
export function registryController(deps: RegistryControllerDeps) {
  return defineController<Scope>({
    name: 'registry',
    resyncMs: 30 * 60_000,
    // They wait for the network.
    workers: 4,
    wakeOn: registryKinds.all.map((kind) => changed(deps, kind.kind, keyOf)),
    async load(key) {
      const ref = refOf(key);
      const registry = (await deps.store.get(registryAddress(ref))) as Registry | undefined;
      if (registry === undefined) return undefined;
      return {
        ref,
        registry,
        spec: registrySpecSchema.parse(registry.spec),
        store: tenantStore(deps.store, ref.tenant),
        outcome: undefined,
      };
    },
    deleting: ({ registry }) => registry.metadata.deletionTimestamp !== undefined,
    phases: { active: [{ name: 'sync', run: (scope, signal) => sync(deps, scope, signal) }] },
    finish: (scope) => writeStatus(deps, scope),
  });
}

function dueIn(deps: RegistryControllerDeps, { registry, spec }: Scope): number | undefined {
  const { status, metadata } = registry;
  return syncDueIn({
    spec,
    status,
    generation: metadata.generation,
    requested: metadata.annotations?.[SYNC_REQUESTED],
    now: deps.clock.now(),
  });
}

async function sync(deps: RegistryControllerDeps, scope: Scope, signal: AbortSignal): Promise<Step> {
  const due = dueIn(deps, scope);
  if (due === undefined) return wait('Paused', 'The sync is paused.');
  if (due > 0) return again(due, 'the next sync');
  const { ref, registry, spec, store } = scope;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(SYNC_MS)]);
  const events = createEventRecorder({ store, clock: deps.clock });
  const onMoved = async (pack: string, { version, digest, found }: MovedVersion): Promise<void> => {
    const message = `Version ${version} of pack "${pack}" was ${digest} and is now ${found}. What is used stays ${digest}.`;
    await events.record({ regarding: registry, type: 'Warning', reason: 'PackMoved', message });
  };
  const now = new Date(deps.clock.now()).toISOString();
  try {
    const source = await deps.sourceOf(ref, limit);
    // A changed registry is read whole: its revision was of another place.
    const isChanged = registry.status?.observedGeneration !== registry.metadata.generation;
    const revision = isChanged ? undefined : registry.status?.revision;
    scope.outcome = await syncRegistry({ ref, registry, spec, source, revision, isChanged, store, now, onMoved });
  } catch (error) {
    signal.throwIfAborted();
    scope.outcome = { ok: false, message: messageOf(error), refused: false };
  }
  if (scope.outcome.ok && 'pullThrough' in spec && spec.pullThrough) await holdNewest(deps, scope, limit);
  return done();
}

/** What is held is there while the registry is away. One that cannot be fetched now is fetched next time. */
async function holdNewest(deps: RegistryControllerDeps, { ref, store }: Scope, signal: AbortSignal): Promise<void> {
  const packs = (await store.list({ ...packsOf(ref), fieldSelector: `spec.registry=${ref.name}` })).items as PackObject[];
  for (const pack of newestOf(packs).slice(0, AHEAD)) {
    if (signal.aborted) return;
    await deps
      .hold(ref, pack)
      .catch((error: unknown) =>
        deps.logger.warn({ registry: ref.name, ...pack, error: messageOf(error) }, 'a pack could not be fetched ahead'),
      );
  }
}

async function writeStatus(deps: RegistryControllerDeps, scope: Scope): Promise<number | void> {
  const { registry, outcome, store, spec } = scope;
  if (outcome === undefined) return writePaused(scope);
  const at = deps.clock.now();
  const now = new Date(at).toISOString();
  const old = registry.status;
  const { generation } = registry.metadata;
  const conditions = withConditions(old?.conditions ?? [], registryConditions(spec, outcome), { now, generation });
  const failures = outcome.ok ? 0 : (old?.failures ?? 0) + 1;
  const status: RegistryStatus = compact({
    ...old,
    conditions,
    lastAttempt: now,
    failures,
    observedGeneration: generation,
    nextSync: isPaused(spec) ? undefined : nextSyncAt(spec, { failures }, at),
    message: outcome.ok ? conditions.find(({ status: state }) => state === 'False')?.message : outcome.message,
    ...(outcome.ok ? { lastSync: now, packs: outcome.packs, versions: outcome.versions, revision: outcome.revision } : {}),
  });
  await store.updateStatus({ ...registry, status });
  const events = createEventRecorder({ store, clock: deps.clock });
  // The first success is what everybody expects.
  for (const { type, status: state, reason, message } of changedConditions(old?.conditions ?? [], conditions))
    if (state === 'False' || old?.conditions.some((one) => one.type === type))
      await events.record({
        regarding: registry,
        type: state === 'False' ? 'Warning' : 'Normal',
        reason,
        message: message || `${type} is ${state}.`,
      });
}

/** Somebody who looks sees that nothing comes next. */
async function writePaused({ registry, store, spec }: Scope): Promise<void> {
  const { status } = registry;
  if (!isPaused(spec) || status?.nextSync === undefined) return;
  const { nextSync: _nextSync, ...rest } = status;
  if (!deepEqual(rest, status)) await store.updateStatus({ ...registry, status: rest });
}
