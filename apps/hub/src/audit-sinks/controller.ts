import { type Clock, type Logger, messageOf, sleep } from '@slipway/kit';
import {
  type ApiObject,
  auditSinkKind,
  type AuditSinkSpec,
  type AuditSinkStatus,
  deepEqual,
  type FleetStore,
  putSecrets,
  secretFieldsOf,
  SYSTEM_TENANT,
  type WantedCondition,
  withConditions,
} from '@slipway/model';
import { again, changed, defineController, done, type Source, type Step, type Timers } from '@slipway/runtime';
import type { AuditBookmarks, AuditLog, Vault } from '@slipway/store';
import { deliverNext, type Place } from './deliver.ts';
import type { SinkTarget } from './target.ts';

export interface SinksDeps {
  readonly store: FleetStore;
  readonly vault: Pick<Vault, 'open'>;
  readonly log: Pick<AuditLog, 'list' | 'head' | 'heads'>;
  readonly bookmarks: AuditBookmarks;
  /** Its end of a sink, secrets in clear. */
  readonly targetOf: (spec: AuditSinkSpec, sink: { readonly tenant: string; readonly name: string }) => SinkTarget;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** How often the heads of the chains are asked for: once for all sinks. */
  readonly pollMs?: number;
}

type Sink = ApiObject<AuditSinkSpec, AuditSinkStatus>;

interface SinkScope {
  readonly key: string;
  readonly tenant: string;
  readonly sink: Sink;
  readonly places: Map<string, Place>;
  problem: string | undefined;
}

interface Known {
  readonly uid: string;
  readonly generation: number;
  readonly target: SinkTarget;
  /** How far it is, by tenant. Undefined while a retry or a due time decides when it is looked at. */
  places: ReadonlyMap<string, number> | undefined;
}

/** Batches in one run: then others have their turn. */
const BATCHES = 20;
/** How often numbers that only move are written to the object. */
const STATUS_MS = 15_000;

/**
 * Delivers audit records to sinks. Reads the chains behind the backs of those who write them: a sink that is slow or dead costs its own turns and nothing else. Run by one
 * replica at a time; should two ever overlap, the bookmark lets only one go on.
 */
export function auditSinkController(deps: SinksDeps) {
  const known = new Map<string, Known>();
  return defineController<SinkScope>({
    name: 'audit-sink',
    resyncMs: 10 * 60_000,
    // They wait for the network, not for each other.
    workers: 32,
    wakeOn: [
      changed(deps, 'AuditSink', (sink, tenant) => [`${tenant}/${sink.metadata.name}`], { specOnly: true }),
      newRecords(deps, known),
    ],
    async load(key) {
      const [tenant = '', name = ''] = key.split('/');
      const sink = (await deps.store.get({ tenant, kind: 'AuditSink', name })) as Sink | undefined;
      // While it is paused nothing wakes it but a change.
      if (sink === undefined || sink.spec.paused) await forget(known, key);
      if (sink === undefined) {
        await deps.bookmarks.prune();
        return undefined;
      }
      return { key, tenant, sink, places: new Map(), problem: undefined };
    },
    paused: ({ sink }) => sink.spec.paused,
    deleting: () => false,
    phases: { active: [{ name: 'deliver', run: (scope, signal) => deliver(deps, known, scope, signal) }] },
    finish: (scope, { errors }) => {
      const error = errors.get('deliver');
      scope.problem = error === undefined ? undefined : messageOf(error);
      return writeSinkStatus(deps, scope);
    },
  });
}

/** Wakes sinks whose chain has grown. */
function newRecords({ log, logger, pollMs = 1000 }: SinksDeps, known: ReadonlyMap<string, Known>): Source {
  return {
    async run(wake, signal) {
      while (!signal.aborted) {
        const heads =
          known.size === 0
            ? undefined
            : await log
                .heads()
                .catch(
                  (error: unknown) => void logger.warn({ error: messageOf(error) }, 'the heads of the audit chains could not be read'),
                );
        for (const [key, { places }] of heads === undefined ? [] : known) {
          if (places !== undefined && [...places].some(([tenant, seq]) => (heads?.get(tenant) ?? 0) > seq)) wake(key, 'background');
        }
        await sleep(pollMs, signal).catch(() => undefined);
      }
    },
  };
}

async function deliver(deps: SinksDeps, known: Map<string, Known>, scope: SinkScope, signal: AbortSignal): Promise<Step> {
  const { sink, tenant, key } = scope;
  const { spec } = sink;
  const one = await knownSink(deps, known, scope);
  one.places = undefined;
  const everybody = spec.allTenants && tenant === SYSTEM_TENANT;
  const tenants = everybody ? [...(await deps.log.heads()).keys()] : [tenant];
  const due: number[] = [];
  for (const of of tenants) {
    const delivery = {
      key: { sink: sink.metadata.uid, tenant: of },
      target: one.target,
      filter: spec.filter,
      start: spec.start,
      lingerMs: spec.type === 's3' ? spec.flushSeconds * 1000 : 0,
      onPlace: (seen: Place) => void scope.places.set(of, seen),
    };
    let place: Place | undefined;
    for (let batch = 0; batch < BATCHES && (place === undefined || place.dueInMs === 0); batch++) {
      place = await deliverNext(deps, delivery, signal);
    }
    if (place?.dueInMs !== undefined) due.push(place.dueInMs);
  }
  if (due.length > 0) return again(Math.min(...due), 'more records are to be sent');
  if (known.get(key) === one) one.places = new Map([...scope.places].map(([of, { seq }]) => [of, seq]));
  return done();
}

async function forget(known: Map<string, Known>, key: string): Promise<void> {
  await known.get(key)?.target.close?.();
  known.delete(key);
}

/** The other end is made once for each version of the spec. */
async function knownSink(deps: SinksDeps, known: Map<string, Known>, { key, sink, tenant }: SinkScope): Promise<Known> {
  const { uid, generation, name } = sink.metadata;
  const before = known.get(key);
  if (before?.uid === uid && before.generation === generation) return before;
  await forget(known, key);
  const values = await deps.vault.open({ tenant, kind: 'AuditSink', project: '', name, uid });
  const target = deps.targetOf(putSecrets(sink.spec, secretFieldsOf(auditSinkKind), values), { tenant, name });
  const made: Known = { uid, generation, target, places: undefined };
  known.set(key, made);
  return made;
}

async function writeSinkStatus(deps: SinksDeps, scope: SinkScope): Promise<number | void> {
  const { sink, tenant } = scope;
  const old = sink.status;
  const now = new Date(deps.clock.now()).toISOString();
  const conditions = withConditions(old?.conditions ?? [], [readyCondition(scope)], { now });
  const sum = (of: (place: Place) => number): number => [...scope.places.values()].reduce((total, place) => total + of(place), 0);
  const numbers =
    scope.places.size === 0
      ? {}
      : { delivered: sum(({ delivered }) => delivered), lag: sum(({ lag }) => lag), lost: sum(({ lost }) => lost) };
  const moved = numbers.delivered !== undefined && numbers.delivered !== old?.delivered;
  const next: AuditSinkStatus = { ...old, ...numbers, conditions, ...(moved ? { lastDelivery: now } : {}) };
  if (deepEqual(next, old)) return undefined;
  // Numbers alone are no news: a busy chain must not write this object at every record.
  const age = deps.clock.now() - Date.parse(old?.lastDelivery ?? '1970-01-01T00:00:00Z');
  if (deepEqual(next.conditions, old?.conditions) && age < STATUS_MS) return STATUS_MS - age;
  await deps.store.updateStatus({ ...sink, status: next }, { tenant });
  return undefined;
}

function readyCondition({ sink, problem, places }: SinkScope): WantedCondition {
  const type = 'Ready';
  if (sink.spec.paused)
    return { type, status: 'False', reason: 'Paused', message: 'Delivery is paused; nothing is lost while records are kept.' };
  if (problem !== undefined) return { type, status: 'False', reason: 'DeliveryFailed', message: problem };
  const lost = [...places.values()].reduce((total, place) => total + place.lost, 0);
  if (lost > 0)
    return {
      type,
      status: 'True',
      reason: 'RecordsLost',
      message: `${lost} records were rejected, or taken away by retention before they could be sent.`,
    };
  return { type, status: 'True', reason: 'Delivering', message: '' };
}
