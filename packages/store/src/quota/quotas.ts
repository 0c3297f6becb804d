import { seconds, SlipwayError, withDeadline } from '@slipway/kit';
import {
  type Amounts,
  findKind,
  GROUP,
  growthOf,
  MEASURED_KINDS,
  type QuotaSpec,
  refusalOf,
  sumOf,
  SYSTEM_TENANT,
  type TenantQuotaSpec,
  type Usage,
  usageOf,
} from '@slipway/model';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { ObjectRow } from '../rows.ts';
import type { Check } from '../write-rules.ts';
import { knownList } from '../writes.ts';

/** One quota as far as it concerns a tenant. */
export interface Limit {
  readonly kind: 'Quota' | 'TenantQuota';
  readonly name: string;
  readonly project?: string | undefined;
  readonly user?: string | undefined;
  readonly hard: Amounts;
}

/** An object as it would be written, and as it is. */
export interface QuotaChange {
  readonly kind: string;
  readonly project: string | undefined;
  readonly before: unknown;
  readonly spec: unknown;
}

/** For the turn of this write and for counting. */
const COUNT_MS = seconds(20);

export interface Quotas {
  /** What has to hold in the transaction of a change; undefined when no quota is concerned. It rejects with `Forbidden` what does not fit. */
  check(before: ObjectRow | undefined, after: ObjectRow): Promise<Check | undefined>;
  /** Why these changes, all of them together, would not fit now; empty when they would. Nothing is locked: the writes themselves decide. */
  refusals(tenant: string, changes: readonly QuotaChange[]): Promise<string[]>;
  /** Every quota of a tenant. */
  limits(tenant: string): Promise<Limit[]>;
  /** What a quota counts now. */
  used(tenant: string, limit: Pick<Limit, 'project' | 'user'>): Promise<Amounts>;
}

/**
 * Quotas hold in the transaction of the write: growth of one tenant waits for the growth before it (a lock that ends with the transaction), counts, and is written or refused. So
 * however many create at once, no one gets past a limit; who takes nothing more, and tenants without quotas, wait for nobody.
 */
export function createQuotas(database: Database): Quotas {
  const limits = async (tenant: string): Promise<Limit[]> => {
    const rows = await quotaRows(database, tenant);
    return rows.flatMap(({ kind, name, spec }): Limit[] => {
      if (kind === 'Quota') return [{ kind, name, ...(spec as QuotaSpec) }];
      const { tenant: concerned, hard } = spec as TenantQuotaSpec;
      return concerned === tenant ? [{ kind: 'TenantQuota', name, hard }] : [];
    });
  };

  return {
    limits,
    used: (tenant, limit) => usedIn(database.db, tenant, limit),
    async refusals(tenant, changes) {
      const grown = changes.map(({ kind, project, before, spec }) => ({
        project,
        growth: growthOf(before === undefined ? undefined : usageOfRow({ kind, spec: before }), usageOfRow({ kind, spec })),
      }));
      const found: string[] = [];
      // Whose an object becomes is known when it is written: quotas of single users wait until then.
      for (const limit of (await limits(tenant)).filter(({ user }) => user === undefined)) {
        const concerned = grown.filter(({ project }) => limit.project === undefined || limit.project === project);
        const growth = {
          amounts: sumOf(concerned.map(({ growth: { amounts } }) => amounts)),
          unsaid: Object.assign({}, ...concerned.map(({ growth: { unsaid } }) => unsaid)) as Usage['unsaid'],
        };
        if (Object.keys(growth.amounts).length === 0) continue;
        const refusal = refusalOf(limit, await usedIn(database.db, tenant, limit), growth);
        if (refusal !== undefined) found.push(refusal);
      }
      return found;
    },
    async check(before, after) {
      const growth = growthOf(before && usageOfRow(before), usageOfRow(after));
      if (Object.keys(growth.amounts).length === 0) return undefined;
      const { tenant, project } = after;
      const concerned = (await withDeadline(COUNT_MS, 'which quotas there are', limits(tenant))).filter(
        (limit) =>
          (limit.project === undefined || limit.project === project) &&
          (limit.user === undefined || limit.user === after.created_by) &&
          Object.keys(limit.hard).some((resource) => resource in growth.amounts || resource in growth.unsaid),
      );
      if (concerned.length === 0) return undefined;
      const fits = async (db: Database['db']): Promise<void> => {
        await sql`select pg_advisory_xact_lock(hashtextextended(${`slipway-quota:${tenant}`}, 0))`.execute(db);
        for (const limit of concerned) {
          const refusal = refusalOf(limit, await usedIn(db, tenant, limit), growth);
          if (refusal !== undefined) throw exceeded(after, refusal);
        }
      };
      return (db) => withDeadline(COUNT_MS, 'whether it fits the quotas', fits(db));
    },
  };
}

function exceeded({ kind, name }: ObjectRow, refusal: string): SlipwayError {
  const plural = findKind(kind)?.plural ?? kind.toLowerCase();
  return new SlipwayError('Forbidden', `${plural}.${GROUP} "${name}" is forbidden: ${refusal}`, { retryable: false });
}

function usageOfRow({ kind, spec }: Pick<ObjectRow, 'kind' | 'spec'>): Usage {
  const known = findKind(kind);
  return known === undefined ? { amounts: {}, unsaid: {} } : usageOf(known, spec);
}

/** The quotas of a tenant and those that the system has for tenants. */
async function quotaRows(database: Database, tenant: string): Promise<readonly ObjectRow[]> {
  const own = await knownList(database, tenant, 'Quota');
  const given = await knownList(database, SYSTEM_TENANT, 'TenantQuota');
  if (own !== undefined && given !== undefined) return [...own.rows, ...given.rows].map(({ row }) => row);
  return (
    await sql<ObjectRow>`select * from objects where (tenant = ${tenant} and kind = 'Quota') or (tenant = ${SYSTEM_TENANT} and kind = 'TenantQuota')
      order by kind, name`.execute(database.db)
  ).rows;
}

async function usedIn(db: Database['db'], tenant: string, { project, user }: Pick<Limit, 'project' | 'user'>): Promise<Amounts> {
  const inProject = project === undefined ? sql`` : sql` and project = ${project}`;
  const ofUser = user === undefined ? sql`` : sql` and created_by = ${user}`;
  const { rows } = await sql<{ kind: string; count: number; specs: unknown[] | null }>`
    select kind, count(*)::int as count, jsonb_agg(spec) filter (where kind in (${sql.join(MEASURED_KINDS)})) as specs
    from objects where tenant = ${tenant}${inProject}${ofUser} group by kind`.execute(db);
  return sumOf(
    rows.flatMap(({ kind, count, specs }) => {
      if (specs !== null) return specs.map((spec) => usageOfRow({ kind, spec }).amounts);
      return [
        Object.fromEntries(Object.entries(usageOfRow({ kind, spec: {} }).amounts).map(([resource, each]) => [resource, each * count])),
      ];
    }),
  );
}
