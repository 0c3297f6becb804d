import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { pricesSchema } from '../cost/prices.ts';
import { admitDeleteUnlessUsed } from '../cluster/in-use.ts';

/** One member per cloud; the local cloud needs no credentials. */
export const cloudAccountSpecSchema = z.discriminatedUnion('cloud', [
  z.strictObject({
    cloud: z.literal('local'),
    /** What its machines cost, for estimates. */
    prices: pricesSchema.optional(),
  }),
]);
export type CloudAccountSpec = z.infer<typeof cloudAccountSpecSchema>;

export const cloudAccountKind = defineKind<CloudAccountSpec, Record<string, never>>({
  kind: 'CloudAccount',
  plural: 'cloudaccounts',
  scope: 'tenant',
  visibleBelow: true,
  shortNames: ['account'],
  description: 'Who Slipway is towards a cloud, and where clusters may be built.',
  spec: cloudAccountSpecSchema,
  status: z.object({}),
  admitDelete: admitDeleteUnlessUsed((cluster) => cluster.spec.cloudAccount),
  columns: [{ name: 'CLOUD', value: (account) => account.spec.cloud }],
});
