import { z } from 'zod';
import { invalidField, refuseIf } from '../meta/causes.ts';
import { type AdmissionInput, defineKind, type Kind } from '../meta/define-kind.ts';
import { type Amounts, MEASURES } from './usage.ts';

const amountsSchema = z.record(z.string(), z.number().nonnegative().max(1e12));

export const quotaSpecSchema = z.strictObject({
  /** Limits one project. Without it and `user`: the whole tenant. */
  project: z.string().min(1).optional(),
  /** Limits what one user or service account (`serviceaccount:<project>:<name>`) has made; with `project`: in that project. */
  user: z.string().min(1).optional(),
  /** The most of each: a kind by its plural (`clusters: 5`), `objects` of all kinds together, `nodes`, `cpu` (cores) and `memoryMiB` of control planes and pools. */
  hard: amountsSchema,
});
export type QuotaSpec = z.infer<typeof quotaSpecSchema>;

export const tenantQuotaSpecSchema = z.strictObject({
  tenant: z.string().min(1),
  /** As of a Quota. */
  hard: amountsSchema,
});
export type TenantQuotaSpec = z.infer<typeof tenantQuotaSpecSchema>;

export const quotaStatusSchema = z.object({
  /** The limits that `used` was counted for. */
  hard: amountsSchema.default({}),
  used: amountsSchema.default({}),
});
export type QuotaStatus = z.infer<typeof quotaStatusSchema>;

/** `clusters 2/5, nodes 9/20` */
const useColumn = {
  name: 'USED',
  value: ({ spec, status }: { spec: { hard: Amounts }; status?: QuotaStatus }) =>
    Object.keys(spec.hard)
      .toSorted()
      .map((resource) => `${resource} ${status?.used[resource] ?? '?'}/${spec.hard[resource]}`)
      .join(', '),
};

function checkHard(what: string, hard: Amounts, plurals: readonly string[]) {
  const known = [...MEASURES, ...plurals];
  const unknown = Object.keys(hard).filter((resource) => !known.includes(resource));
  const causes = unknown.map((resource) => invalidField(`spec.hard.${resource}`, `is not counted; what is: ${known.join(', ')}`));
  return { refuse: (more: typeof causes = []) => refuseIf(what, [...causes, ...more]) };
}

/** The kinds that limit others, given the plurals of those. */
export function quotaKinds(plurals: readonly string[]): readonly Kind[] {
  const quota = defineKind<QuotaSpec, QuotaStatus>({
    kind: 'Quota',
    plural: 'quotas',
    scope: 'tenant',
    description:
      'How much a project, a user or the whole tenant may have. Every quota that applies must be kept; lowering one below what is used only stops growth.',
    spec: quotaSpecSchema,
    status: quotaStatusSchema,
    selectableFields: ['spec.project', 'spec.user'],
    async admit({ object, reads }: AdmissionInput<QuotaSpec, QuotaStatus>) {
      const { project, hard } = object.spec;
      const there = project === undefined || (await reads.get('Project', project)) !== undefined;
      const causes = there ? [] : [invalidField('spec.project', `there is no project "${project}"`)];
      checkHard(`Quota "${object.metadata.name}"`, hard, plurals).refuse(causes);
    },
    columns: [
      { name: 'PROJECT', value: ({ spec }) => spec.project ?? (spec.user === undefined ? '*' : '') },
      { name: 'USER', value: ({ spec }) => spec.user },
      useColumn,
    ],
  });
  const tenantQuota = defineKind<TenantQuotaSpec, QuotaStatus>({
    kind: 'TenantQuota',
    plural: 'tenantquotas',
    scope: 'system',
    description:
      'How much a tenant may have at most, set by the operators of this Slipway. Its admins can divide that with quotas, not raise it.',
    spec: tenantQuotaSpecSchema,
    status: quotaStatusSchema,
    selectableFields: ['spec.tenant'],
    async admit({ object, reads }: AdmissionInput<TenantQuotaSpec, QuotaStatus>) {
      const { tenant, hard } = object.spec;
      const there = (await reads.get('Tenant', tenant)) !== undefined;
      checkHard(`TenantQuota "${object.metadata.name}"`, hard, plurals).refuse(
        there ? [] : [invalidField('spec.tenant', `there is no tenant "${tenant}"`)],
      );
    },
    columns: [{ name: 'TENANT', value: ({ spec }) => spec.tenant }, useColumn],
  });
  return [quota, tenantQuota];
}
