import { backoff, canonicalJson, type Logger, messageOf, sleep, SlipwayError } from '@slipway/kit';
import { type ApiObject, findKind, MEASURED_KINDS, type QuotaStatus, SYSTEM_TENANT } from '@slipway/model';
import { sql } from 'kysely';
import type { Change } from '../changes.ts';
import type { Database } from '../database.ts';
import type { Store } from '../store.ts';
import { createQuotas, type Limit } from './quotas.ts';

export interface QuotaStatusDeps {
  readonly database: Database;
  readonly store: Store;
  readonly logger: Logger;
  /** Changes that come together are counted together. Default 250 ms. */
  readonly settleMs?: number;
}

const QUOTAS = ['Quota', 'TenantQuota'];

/** Shows in each quota what is used of it, soon after it changed. For people: writes are held to what the database has, not to this. One replica at a time. */
export function createQuotaStatus(deps: QuotaStatusDeps): { run(signal: AbortSignal): Promise<void> } {
  const { database, store, logger } = deps;
  const quotas = createQuotas(database);

  const show = async (tenant: string, limit: Limit): Promise<void> => {
    const place = { kind: limit.kind, name: limit.name, tenant: limit.kind === 'TenantQuota' ? SYSTEM_TENANT : tenant };
    const used = await quotas.used(tenant, limit);
    const counted = Object.keys(limit.hard).map((resource) => [resource, used[resource] ?? 0]);
    const status: QuotaStatus = { hard: limit.hard, used: Object.fromEntries(counted) };
    const object = (await store.get(place)) as ApiObject<unknown, QuotaStatus> | undefined;
    if (object === undefined || canonicalJson(object.status) === canonicalJson(status)) return;
    await store.updateStatus({ ...object, status }, { tenant: place.tenant }).catch(unlessOvertaken);
  };
  const count = async (tenant: string): Promise<void> => {
    for (const limit of await quotas.limits(tenant)) await show(tenant, limit);
  };
  /** Every tenant that may have a quota. */
  const everywhere = async (): Promise<string[]> => {
    const { rows } = await sql<{ tenant: string }>`
      select distinct tenant from objects where kind = 'Quota'
      union select spec->>'tenant' from objects where tenant = ${SYSTEM_TENANT} and kind = 'TenantQuota'`.execute(database.db);
    return rows.map(({ tenant }) => tenant);
  };

  return {
    async run(signal) {
      const dirty = new Set<string>();
      let all = false;
      let wake = (): void => undefined;
      const following = store.follow((change) => {
        if (change === undefined) all = true;
        else if (counts(change)) dirty.add(tenantOf(change));
        else return;
        wake();
      }, signal);
      signal.addEventListener('abort', () => wake(), { once: true });
      for (let failures = 0; !signal.aborted;) {
        if (!all && dirty.size === 0) await new Promise<void>((resolve) => (wake = resolve));
        await sleep(deps.settleMs ?? 250, signal).catch(() => undefined);
        const tenants = new Set(dirty);
        const wasAll = all;
        all = false;
        dirty.clear();
        try {
          for (const tenant of new Set([...tenants, ...(wasAll ? await everywhere() : [])])) if (!signal.aborted) await count(tenant);
          failures = 0;
        } catch (error) {
          if (signal.aborted) break;
          logger.warn({ error: messageOf(error) }, 'counting what quotas limit failed, trying again');
          all = true;
          await sleep(backoff(failures++, { baseMs: 100, maxMs: 30_000 }), signal).catch(() => undefined);
        }
      }
      await following;
    },
  };
}

/** Whether a change may change a count: not what Slipway writes all the time by itself. */
function counts({ type, kind, object, prev }: Change): boolean {
  if (QUOTAS.includes(kind)) return true;
  if (findKind(kind)?.readOnly) return kind === 'Machine' && type !== 'MODIFIED';
  if (type !== 'MODIFIED') return true;
  return MEASURED_KINDS.includes(kind) && object.metadata.generation !== prev?.metadata.generation;
}

const tenantOf = ({ kind, tenant, object }: Change): string =>
  kind === 'TenantQuota' ? (object.spec as { tenant: string }).tenant : tenant;

/** Somebody wrote it meanwhile, or it is gone: that change counts again. */
function unlessOvertaken(error: unknown): void {
  if (!(error instanceof SlipwayError && ['Conflict', 'NotFound'].includes(error.code))) throw error;
}
