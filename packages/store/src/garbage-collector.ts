import { backoff, type Logger, messageOf, sleep, SlipwayError } from '@slipway/kit';
import { admissionReads, type ApiObject, GROUP, type Kind, type ObjectMeta } from '@slipway/model';
import type { Change } from './changes.ts';
import type { Database } from './database.ts';
import { collectable, dependentsOf, FOREGROUND_FINALIZER, ORPHAN_FINALIZER, type Owned, type PropagationPolicy } from './owners.ts';
import type { Store } from './store.ts';

export interface CollectorDeps {
  readonly database: Database;
  readonly store: Store;
  readonly kinds: readonly Pick<Kind, 'kind' | 'scope' | 'admitDelete'>[];
  readonly logger: Logger;
  /** Everything is looked at again this often, for what was refused or missed. Default 5 minutes. */
  readonly resyncMs?: number;
}

export interface GarbageCollector {
  /** Collects until the signal aborts. One replica at a time: run it as the leader. */
  run(signal: AbortSignal): Promise<void>;
}

type Reference = NonNullable<ObjectMeta['ownerReferences']>[number];

/**
 * Deletes what belongs to objects that are gone, keeps an owner that is deleted in the foreground until its blocking dependents are, and takes the owner's
 * name off the dependents of one that is deleted as an orphan-maker. The rules are those of kube-controller-manager's garbage collector; owners are asked
 * for in the database each time, so nothing is ever deleted because of a stale cache. Owners of other API groups are not ours to judge and count as there.
 */
export function createGarbageCollector(deps: CollectorDeps): GarbageCollector {
  const { database, store, logger } = deps;
  const scopes = new Map(deps.kinds.map(({ kind, scope }) => [kind, scope]));

  const ownerOf = async ({ tenant, object }: Owned, reference: Reference): Promise<ApiObject | 'unknown' | undefined> => {
    const scope = scopes.get(reference.kind);
    const ours = reference.apiVersion.startsWith(`${GROUP}/`);
    // Something tenant-wide cannot belong to something in one project: a mistake, not a reason to delete.
    if (!ours || scope === undefined || (scope === 'project' && object.metadata.namespace === undefined)) return 'unknown';
    const project = scope === 'project' ? object.metadata.namespace : undefined;
    const found = await store.get({ tenant, kind: reference.kind, project, name: reference.name });
    return found?.metadata.uid === reference.uid ? found : undefined;
  };

  /** Deletes this very object, unless its kind still needs it. */
  const remove = async ({ tenant, object }: Owned, propagationPolicy: PropagationPolicy): Promise<void> => {
    const kind = deps.kinds.find((candidate) => candidate.kind === object.kind);
    await kind?.admitDelete?.({ object, reads: admissionReads({ tenant, store, fleet: store }) });
    const { uid, resourceVersion, namespace: project, name } = object.metadata;
    await unlessGone(store.delete({ tenant, kind: object.kind, project, name }, { uid, resourceVersion, propagationPolicy }));
  };

  const keep = async ({ tenant, object }: Owned, metadata: Pick<ObjectMeta, 'finalizers' | 'ownerReferences'>): Promise<void> => {
    await unlessGone(store.update({ ...object, metadata: { ...object.metadata, ...metadata } }, { tenant }));
  };

  const withoutFinalizer = (one: Owned, finalizer: string): Promise<void> =>
    keep(one, { finalizers: (one.object.metadata.finalizers ?? []).filter((name) => name !== finalizer) });

  /** An owner that goes and leaves its dependents: they lose their reference to it first. */
  const orphan = async (owner: Owned): Promise<void> => {
    const { uid } = owner.object.metadata;
    for (const dependent of await dependentsOf(database, owner.tenant, uid)) {
      await keep(dependent, { ownerReferences: (dependent.object.metadata.ownerReferences ?? []).filter((one) => one.uid !== uid) });
    }
    await withoutFinalizer(owner, ORPHAN_FINALIZER);
  };

  /** An owner that waits: it goes once no dependent that blocks it is left. */
  const foreground = async (owner: Owned): Promise<void> => {
    const { uid } = owner.object.metadata;
    const dependents = await dependentsOf(database, owner.tenant, uid);
    const blocks = ({ object }: Owned) =>
      (object.metadata.ownerReferences ?? []).some((one) => one.uid === uid && one.blockOwnerDeletion === true);
    if (!dependents.some(blocks)) return withoutFinalizer(owner, FOREGROUND_FINALIZER);
    for (const dependent of dependents) if (dependent.object.metadata.deletionTimestamp === undefined) await judge(dependent);
  };

  /** Whether an object with owners still has one. */
  const judge = async (one: Owned): Promise<void> => {
    const references = one.object.metadata.ownerReferences ?? [];
    const owners = await Promise.all(references.map(async (reference) => ({ reference, owner: await ownerOf(one, reference) })));
    const waits = owners.filter(({ owner }) => typeof owner === 'object' && isDeletedInForeground(owner));
    const solid = owners.filter(({ owner }) => owner !== undefined && !(typeof owner === 'object' && isDeletedInForeground(owner)));
    if (references.length === 0) return;
    if (solid.length > 0) {
      if (solid.length < owners.length) await keep(one, { ownerReferences: solid.map(({ reference }) => reference) });
      return;
    }
    if (waits.length === 0 || (await dependentsOf(database, one.tenant, one.object.metadata.uid)).length === 0)
      return remove(one, policyOf(one.object));
    await unblockCircle(one);
    return remove({ ...one, object: (await fresh(one)) ?? one.object }, 'Foreground');
  };

  /** Two that wait for each other would wait for ever: who is deleted because of its owner no longer blocks it. */
  const unblockCircle = async (one: Owned): Promise<void> => {
    const dependents = await dependentsOf(database, one.tenant, one.object.metadata.uid);
    if (!dependents.some(({ object }) => isDeletedInForeground(object))) return;
    const ownerReferences = (one.object.metadata.ownerReferences ?? []).map((reference) => ({ ...reference, blockOwnerDeletion: false }));
    await keep(one, { ownerReferences });
  };

  const fresh = ({ tenant, object }: Owned): Promise<ApiObject | undefined> =>
    store.get({ tenant, kind: object.kind, project: object.metadata.namespace, name: object.metadata.name });

  const process = async (one: Owned): Promise<void> => {
    const { deletionTimestamp, finalizers = [] } = one.object.metadata;
    if (deletionTimestamp === undefined) return judge(one);
    if (finalizers.includes(ORPHAN_FINALIZER)) return orphan(one);
    if (finalizers.includes(FOREGROUND_FINALIZER)) return foreground(one);
  };

  /** What a change makes worth looking at: the object itself, what belonged to it, and the owners that waited for it. */
  const affected = async (change: Change): Promise<Owned[]> => {
    const { tenant, object } = change;
    const dependents = change.type === 'DELETED' ? await dependentsOf(database, tenant, object.metadata.uid) : [{ tenant, object }];
    const owners = (object.metadata.ownerReferences ?? []).map(async (reference): Promise<Owned[]> => {
      const owner = await ownerOf({ tenant, object }, reference);
      return typeof owner === 'object' && owner.metadata.deletionTimestamp !== undefined ? [{ tenant, object: owner }] : [];
    });
    return [...dependents, ...(await Promise.all(owners)).flat()];
  };

  const concerns = ({ type, object: { metadata } }: Change): boolean =>
    type === 'DELETED' ||
    (metadata.ownerReferences ?? []).length > 0 ||
    (metadata.deletionTimestamp !== undefined &&
      (metadata.finalizers ?? []).some((name) => name === FOREGROUND_FINALIZER || name === ORPHAN_FINALIZER));

  return {
    async run(signal) {
      const changes: Change[] = [];
      let again = true;
      let wake = (): void => undefined;
      const following = store.follow((change) => {
        if (change === undefined) again = true;
        else if (concerns(change)) changes.push(change);
        else return;
        wake();
      }, signal);
      const resync = setInterval(() => {
        again = true;
        wake();
      }, deps.resyncMs ?? 300_000);
      signal.addEventListener('abort', () => wake(), { once: true });
      let failures = 0;
      while (!signal.aborted) {
        try {
          const found = again ? await collectable(database) : [];
          again = false;
          const next = changes.shift();
          for (const one of next === undefined ? found : [...found, ...(await affected(next))]) {
            const object = await fresh(one);
            if (object?.metadata.uid === one.object.metadata.uid) await tolerant(() => process({ tenant: one.tenant, object }), logger);
          }
          failures = 0;
        } catch (error) {
          if (signal.aborted) break;
          logger.warn({ error: messageOf(error) }, 'collecting what lost its owner failed, trying again');
          again = true;
          await sleep(backoff(failures++, { baseMs: 100, maxMs: 30_000 }), signal).catch(() => undefined);
        }
        if (!again && changes.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      }
      clearInterval(resync);
      await following;
    },
  };
}

const isDeletedInForeground = ({ metadata }: ApiObject): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(FOREGROUND_FINALIZER);

function policyOf({ metadata }: ApiObject): PropagationPolicy {
  if ((metadata.finalizers ?? []).includes(ORPHAN_FINALIZER)) return 'Orphan';
  return (metadata.finalizers ?? []).includes(FOREGROUND_FINALIZER) ? 'Foreground' : 'Background';
}

/** Gone already, or written since it was read: then its own change is still to be looked at. */
async function unlessGone(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof SlipwayError && (error.code === 'NotFound' || (error.code === 'Conflict' && error.retryable)))) throw error;
  });
}

/** What one object refuses must not stop the others; the next resync asks again. */
async function tolerant(work: () => Promise<void>, logger: Logger): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof SlipwayError) || ['Unavailable', 'Internal', 'Timeout'].includes(error.code)) throw error;
    logger.info({ error: messageOf(error) }, 'an object that lost its owner is still needed');
  });
}
