import { type Clock, type Logger, messageOf, newUid, silentLogger, SlipwayError, systemClock } from '@slipway/kit';
import {
  type ApiObject,
  DEFAULT_TENANT,
  type FleetStore,
  type ListQuery,
  type ObjectRef,
  type TenantEvent,
  type WatchEvent,
} from '@slipway/model';
import { sql } from 'kysely';
import { createChangeFeed } from './change-feed.ts';
import { type Change, parseResourceVersion, readChanges, selects, watchFilter } from './changes.ts';
import type { ChangeRecorder, ChangeVerb } from './audit/change-record.ts';
import type { Database } from './database.ts';
import { listEverywhere, listPage } from './lists.ts';
import { finalizersFor } from './owners.ts';
import { newRow, objectOf, type ObjectRow, type RowKey, sameContent, statusRow, timestamp, updatedRow } from './rows.ts';
import type { Written } from './known-rows.ts';
import { createQuotas } from './quota/quotas.ts';
import { createSecretWrites, type PreparedSecrets } from './secrets/secret-writes.ts';
import { isForeignKey, type Vault } from './secrets/vault.ts';
import { askedBy, createWatches } from './watches.ts';
import { type Check, holding, tried, type WriteRule } from './write-rules.ts';
import { CHANGES_CHANNEL, insertRow, readRevision, readRow, removeRow, replaceRow } from './writes.ts';

/** How far watches and pages may be behind. */
export interface HistoryLimits {
  /** Events a watcher may be behind in memory before it is sent back to the change log. Default 1000. */
  readonly watchBuffer?: number;
  /** How often a watcher gets a bookmark. Default 30 s. */
  readonly bookmarkMs?: number;
  /** How long a change stays in the log, and so how far back a watch may start. Default 15 minutes. */
  readonly retentionMs?: number;
  /** At most this many changes stay in the log. Default 200,000. */
  readonly retentionChanges?: number;
  /** How often the log is cut to that. Default 1 minute. */
  readonly compactMs?: number;
}

export interface StoreOptions extends HistoryLimits {
  readonly database: Database;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Where secret values go; a kind with secret fields cannot be written without it. */
  readonly vault?: Vault;
  /** What changes that somebody asks for must leave true. */
  readonly rules?: readonly WriteRule[];
  /** What a change looks like in the audit chain, written in its transaction. Nothing is recorded without it. */
  readonly record?: ChangeRecorder;
}

export interface Store extends FleetStore {
  /** Bookmarks, compaction and, on PostgreSQL, news from other replicas, until the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
  /** Drops what is older than the retention from the change log. Runs by itself. */
  compact(): Promise<void>;
  /** The newest resource version. */
  revision(): Promise<string>;
  /** Every change of every tenant, until the signal aborts; undefined first, and whenever some may have been missed: look at everything then. */
  follow(listener: (change: Change | undefined) => void, signal: AbortSignal): Promise<void>;
}

/** The row as it is to be, and what becomes of its secrets. */
interface Computed {
  readonly row: ObjectRow;
  readonly remove?: boolean;
  readonly prepared?: PreparedSecrets | undefined;
}

const PAGE = 500;
/** Writes without a resource version are tried again this often when others write the same object. */
const ATTEMPTS = 20;

export function createStore(options: StoreOptions): Store {
  const { database } = options;
  const logger = options.logger ?? silentLogger;
  const clock = options.clock ?? systemClock;
  const feed = createChangeFeed({
    logger,
    bufferSize: options.watchBuffer ?? 1000,
    now: async () => (await readRevision(database)).value,
    read: async (after) => {
      const page = await readChanges(database, { after, limit: PAGE });
      return page.compacted > after ? undefined : page;
    },
  });

  const { watch } = createWatches(database, feed);
  const secrets = createSecretWrites(options.vault);
  const quotas = createQuotas(database);
  const recordOf = (tenant: string, verb: ChangeVerb, before: ObjectRow | undefined, after: ObjectRow, secretsChanged = false) =>
    options.record?.({
      tenant,
      verb,
      before: before === undefined ? undefined : objectOf(before),
      after: verb === 'remove' ? undefined : objectOf(after),
      secretsChanged,
    });

  const checksOf = async (before: ObjectRow, row: ObjectRow, remove = false): Promise<(Check | undefined)[]> => [
    remove ? undefined : await quotas.check(before, row),
    ...(options.rules ?? []).map((rule) => rule.check({ before, after: remove ? undefined : row })),
  ];

  /** Another replica retired the key that this one sealed with: it looks at the keys again, and the next try works. */
  const explained = async (error: unknown): Promise<never> => {
    if (!isForeignKey(error)) throw error;
    await options.vault?.reload();
    throw new SlipwayError('Unavailable', 'The encryption key was rotated at this moment: nothing was written.', {
      retryAfter: 1,
      cause: error,
    });
  };

  /** Tells the watches here what was written; gives the object as its writer wrote it. */
  const announce = (written: Written, row: ObjectRow, old?: ObjectRow): ApiObject => {
    const { tenant, kind, project } = row;
    const object = objectOf(row, written.rv);
    const stored = 'row' in written ? objectOf(written.row) : object;
    const type = 'removed' in written ? 'DELETED' : old === undefined ? 'ADDED' : 'MODIFIED';
    feed.offer({
      rv: Number(written.rv),
      type,
      tenant,
      kind,
      project,
      object: stored,
      prev: old === undefined ? undefined : objectOf(old),
    });
    return object;
  };

  /** Reads, computes and writes, again if somebody else wrote meanwhile and the caller did not say which version it means. */
  const change = async (
    key: RowKey,
    expected: { uid?: string | undefined; resourceVersion?: string | undefined },
    compute: (old: ObjectRow) => Computed | Promise<Computed>,
    { verb, dryRun, by }: { verb: ChangeVerb; dryRun: boolean; by?: string | undefined },
  ): Promise<ApiObject> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const old = (await readRow(database, key))?.row;
      if (old === undefined) throw notFound(key);
      checkExpected(old, expected);
      const { row, remove, prepared } = await compute(old);
      if (!remove && !prepared?.changed && sameContent(old, row)) return objectOf(old);
      const within = by === undefined ? undefined : holding(database, await checksOf(old, row, remove));
      if (dryRun) {
        await tried(within);
        return objectOf(row);
      }
      const record = recordOf(key.tenant, remove ? 'remove' : verb, old, row, prepared?.changed);
      const sealed = await prepared?.seal(row);
      const written = await (
        remove ? removeRow(database, old, row, { record, within }) : replaceRow(database, old, row, { record, sealed, within })
      ).catch(explained);
      if (written !== undefined) return announce(written, row, old);
    }
    throw new SlipwayError('Conflict', `${key.kind} "${key.name}" was written by others all the time: nothing was changed.`);
  };

  const compact = async (): Promise<void> => {
    const seconds = (options.retentionMs ?? 900_000) / 1000;
    const most = options.retentionChanges ?? 200_000;
    // First the mark, then the rows: a reader that finds rows missing also finds the mark.
    const { rows } = await sql<{ compacted: string | number }>`
      update revision set compacted = greatest(compacted, value - ${most}::bigint,
        coalesce((select max(rv) from changes where at < now() - make_interval(secs => ${seconds}::double precision)), 0))
      where id = 1 returning compacted`.execute(database.db);
    await sql`delete from changes where rv <= ${Number(rows[0]?.compacted ?? 0)}::bigint`.execute(database.db);
  };

  return {
    async get(ref) {
      return (await readRow(database, keyOf(ref)))?.object;
    },
    list: (query) => listPage(database, query),
    async create(object, { dryRun = false, tenant = DEFAULT_TENANT, by } = {}) {
      const prepared = await secrets.prepare(object, undefined);
      const row = newRow(tenant, prepared?.object ?? object, { uid: newUid(), now: clock.now(), by });
      const within = by === undefined ? undefined : holding(database, [await quotas.check(undefined, row)]);
      if (dryRun) {
        if ((await readRow(database, row)) !== undefined) throw alreadyExists(row);
        await tried(within);
        return objectOf(row);
      }
      const written = await insertRow(database, row, {
        record: recordOf(tenant, 'create', undefined, row),
        sealed: await prepared?.seal(row),
        within,
      }).catch(explained);
      if (written === undefined) throw alreadyExists(row);
      return announce(written, row);
    },
    update: (object, { dryRun = false, tenant = DEFAULT_TENANT, by } = {}) =>
      change(
        keyOf({ tenant, kind: object.kind, project: object.metadata.namespace, name: object.metadata.name }),
        object.metadata,
        async (old) => {
          const prepared = await secrets.prepare(object, old);
          const row = updatedRow(old, prepared?.object ?? object);
          // New values behind the same masks are another spec all the same.
          const generation =
            prepared?.changed && Number(row.generation) === Number(old.generation) ? Number(row.generation) + 1 : row.generation;
          return {
            row: { ...row, generation },
            prepared,
            remove: row.deletion_timestamp !== null && (row.metadata.finalizers ?? []).length === 0,
          };
        },
        { verb: 'update', dryRun, by },
      ),
    updateStatus: (object, { dryRun = false, tenant = DEFAULT_TENANT, managedFields } = {}) =>
      change(
        keyOf({ tenant, kind: object.kind, project: object.metadata.namespace, name: object.metadata.name }),
        object.metadata,
        (old) => ({ row: statusRow(old, object.status, managedFields) }),
        { verb: 'status', dryRun },
      ),
    delete: (ref, deletion = {}) =>
      change(
        keyOf(ref),
        deletion,
        (old) => {
          const finalizers = finalizersFor(old.metadata.finalizers ?? [], deletion.propagationPolicy);
          const { finalizers: _before, ...metadata } = old.metadata;
          const deleting = {
            ...old,
            metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers },
            deletion_timestamp: old.deletion_timestamp ?? timestamp(clock.now()),
          };
          if (finalizers.length === 0) return { row: deleting, remove: true };
          // As in Kubernetes, starting to delete is a new generation: controllers see that something was asked of them.
          return { row: { ...deleting, generation: Number(old.generation) + (old.deletion_timestamp === null ? 1 : 0) } };
        },
        { verb: 'delete', dryRun: deletion.dryRun ?? false, by: deletion.by },
      ),
    async maskStored(ref, spec) {
      const known = await readRow(database, keyOf(ref));
      return known === undefined ? spec : secrets.maskSame(spec, known.row);
    },
    watch: (query, resourceVersion, signal) =>
      watch({
        ...subjectOf(query),
        asked: askedBy(query),
        withoutPrev: !selects(query),
        signal,
        filter: watchFilter(query),
        position: parseResourceVersion(resourceVersion),
      }),
    listAll: (kind) => listEverywhere(database, kind),
    async *watchAll(kind, resourceVersion, signal) {
      const filter = (change: Change): (WatchEvent & TenantEvent) | undefined =>
        change.kind === kind ? { type: change.type, tenant: change.tenant, object: change.object } : undefined;
      const place = {
        kind,
        tenant: undefined,
        asked: `every tenant's ${kind}`,
        withoutPrev: true,
        signal,
        filter,
        position: parseResourceVersion(resourceVersion),
      };
      for await (const event of watch(place)) if (event.type !== 'BOOKMARK') yield event;
    },
    async start(signal) {
      if (database.engine === 'postgres') {
        // Without a number after a lost connection: something may have been missed.
        await database.listen(CHANGES_CHANNEL, (upTo) => feed.poke(upTo === undefined ? undefined : Number(upTo)), signal);
      }
      const bookmarks = setInterval(() => feed.bookmark(), options.bookmarkMs ?? 30_000);
      const compaction = setInterval(() => {
        compact().catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'compacting the change log failed'));
      }, options.compactMs ?? 60_000);
      signal.addEventListener(
        'abort',
        () => {
          clearInterval(bookmarks);
          clearInterval(compaction);
        },
        { once: true },
      );
    },
    async follow(listener, signal) {
      while (!signal.aborted) {
        const listen = (change: Change) => {
          listener(change);
          return undefined;
        };
        const subscription = await feed.subscribe(newUid(), listen, signal);
        listener(undefined);
        while (!signal.aborted && (await subscription.take()) !== undefined);
        subscription.close();
      }
    },
    compact,
    revision: async () => String((await readRevision(database)).value),
  };
}

const subjectOf = ({ kind, tenant = DEFAULT_TENANT }: ListQuery) => ({ kind, tenant });

function keyOf(ref: ObjectRef): RowKey {
  return { tenant: ref.tenant ?? DEFAULT_TENANT, kind: ref.kind, project: ref.project ?? '', name: ref.name };
}

function where(key: RowKey): string {
  return key.project === '' ? `${key.kind} "${key.name}"` : `${key.kind} "${key.name}" in project "${key.project}"`;
}

function notFound(key: RowKey): SlipwayError {
  return new SlipwayError('NotFound', `${where(key)} was not found.`);
}

function alreadyExists(key: RowKey): SlipwayError {
  return new SlipwayError('AlreadyExists', `${where(key)} already exists.`);
}

function checkExpected(old: ObjectRow, expected: { uid?: string | undefined; resourceVersion?: string | undefined }): void {
  if (expected.uid !== undefined && expected.uid !== '' && expected.uid !== old.uid) {
    throw new SlipwayError('Conflict', `${where(old)} is another object of the same name: its uid is ${old.uid}, not ${expected.uid}.`);
  }
  const version = expected.resourceVersion;
  if (version !== undefined && version !== '' && version !== '0' && version !== String(old.resource_version)) {
    throw new SlipwayError('Conflict', `${where(old)} has been modified; please apply your changes to the latest version and try again.`);
  }
}
