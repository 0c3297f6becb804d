import { setTimeout as wait } from 'node:timers/promises';
import { SlipwayError } from '@slipway/kit';
import {
  API_VERSION,
  type ApiObject,
  type AuditBody,
  type AuditRecordSpec,
  auditRecordKind,
  type ChainedRecord,
  DEFAULT_TENANT,
  type ListQuery,
  type ObjectStore,
  type WatchEvent,
} from '@slipway/model';
import { type AuditLog, type AuditQuery, fieldsMatch, labelsMatch, parseFieldSelector, parseLabelSelector } from '@slipway/store';

const PAGE = 500;
/** How soon a watch sees a new record. */
const POLL_MS = 1000;

/** Field selectors that the database answers; others are compared here. */
const COLUMNS: Readonly<Record<string, keyof AuditQuery>> = {
  'spec.user.name': 'actor',
  'spec.verb': 'verb',
  'spec.outcome': 'outcome',
  'spec.object.resource': 'resource',
  'spec.object.project': 'project',
  'spec.object.name': 'name',
};

/** The chain as objects of the API: list, get and watch of AuditRecord come from the audit log, everything else from the store. */
export function withAuditRecords<T extends ObjectStore>(store: T, log: AuditLog): T {
  const isRecord = (kind: string): boolean => kind === auditRecordKind.kind;
  const readOnly = () => new SlipwayError('Forbidden', 'Audit records are written by Slipway only.');
  return {
    ...store,
    async get(ref) {
      if (!isRecord(ref.kind)) return store.get(ref);
      const found = /^\d{1,15}$/.test(ref.name) ? await log.get(ref.tenant ?? DEFAULT_TENANT, Number(ref.name)) : undefined;
      return found === undefined || nameOf(found.seq) !== ref.name ? undefined : objectOf(found);
    },
    async list(query) {
      if (!isRecord(query.kind)) return store.list(query);
      const tenant = refuseParts(query);
      const head = (await log.head(tenant))?.seq ?? 0;
      const start = query.continue === undefined || query.continue === '' ? 0 : afterOf(query.continue);
      const items: ApiObject[] = [];
      const most = query.limit !== undefined && query.limit > 0 ? query.limit : Number.POSITIVE_INFINITY;
      for await (const object of matching(log, query, tenant, start)) {
        if (items.length === most) {
          const last = Number(items.at(-1)?.metadata.resourceVersion);
          return { items, resourceVersion: String(head), continue: Buffer.from(String(last)).toString('base64url') };
        }
        items.push(object);
      }
      return { items, resourceVersion: String(head) };
    },
    watch: (query, resourceVersion, signal) =>
      isRecord(query.kind) ? follow(log, query, { resourceVersion, signal }) : store.watch(query, resourceVersion, signal),
    create: (object, options) => (isRecord(object.kind) ? Promise.reject(readOnly()) : store.create(object, options)),
    update: (object, options) => (isRecord(object.kind) ? Promise.reject(readOnly()) : store.update(object, options)),
    updateStatus: (object, options) => (isRecord(object.kind) ? Promise.reject(readOnly()) : store.updateStatus(object, options)),
    delete: (ref, options) => (isRecord(ref.kind) ? Promise.reject(readOnly()) : store.delete(ref, options)),
    maskStored: (ref, spec) => store.maskStored(ref, spec),
  };
}

/** A right to some records only, by name or label, cannot be followed here: it is no right to the chain. */
function refuseParts(query: ListQuery): string {
  if ((query as { only?: unknown }).only !== undefined) {
    throw new SlipwayError(
      'Forbidden',
      'Audit records can be read as a whole only: a role for some of them by name or label is not enough.',
    );
  }
  return query.tenant ?? DEFAULT_TENANT;
}

function afterOf(token: string): number {
  const after = Number(Buffer.from(token, 'base64url').toString());
  if (Number.isSafeInteger(after) && after >= 0) return after;
  throw new SlipwayError('BadRequest', 'The continue token is not valid.', { hint: 'Start the list again without it.' });
}

async function* matching(log: AuditLog, query: ListQuery, tenant: string, start: number): AsyncGenerator<ApiObject> {
  const fields = parseFieldSelector(query.fieldSelector);
  const labels = parseLabelSelector(query.labelSelector);
  const pushed: Record<string, string> = {};
  for (const [, field, value] of (query.fieldSelector ?? '').matchAll(/(?:^|,)\s*([\w.]+)\s*==?\s*([^,\\]+)(?=,|$)/g)) {
    const column = COLUMNS[field as string];
    if (column !== undefined) pushed[column] = (value as string).trim();
  }
  for (let after = start; ;) {
    const page = await log.list({ tenant, after, limit: PAGE, ...pushed });
    for (const record of page) {
      const object = objectOf(record);
      if (fieldsMatch(fields, object) && labelsMatch(labels, undefined)) yield object;
    }
    if (page.length < PAGE) return;
    after = page.at(-1)?.seq ?? after;
  }
}

async function* follow(
  log: AuditLog,
  query: ListQuery,
  from: { resourceVersion: string; signal: AbortSignal },
): AsyncGenerator<WatchEvent> {
  const { signal } = from;
  const tenant = refuseParts(query);
  let after = /^\d{1,15}$/.test(from.resourceVersion) ? Number(from.resourceVersion) : 0;
  while (!signal.aborted) {
    for await (const object of matching(log, query, tenant, after)) {
      if (signal.aborted) return;
      after = Number(object.metadata.resourceVersion);
      yield { type: 'ADDED', object };
    }
    await wait(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** In the order of their numbers also where names are sorted. */
const nameOf = (seq: number): string => String(seq).padStart(12, '0');

export function objectOf(record: ChainedRecord): ApiObject<AuditRecordSpec> {
  const body = JSON.parse(record.body) as AuditBody;
  const { seq, prev, hash, resourceVersion } = record;
  return {
    apiVersion: API_VERSION,
    kind: auditRecordKind.kind,
    metadata: {
      name: nameOf(seq),
      uid: hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
      resourceVersion: String(seq),
      generation: 1,
      creationTimestamp: body.time.replace(/\.\d+Z$/, 'Z'),
    },
    spec: { ...body, seq, prev, hash, ...(resourceVersion === '' ? {} : { resourceVersion }) },
  };
}
