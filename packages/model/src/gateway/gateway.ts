import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { conditionSchema, keyedList } from '../meta/object.ts';
import { admitGateway, admitGatewayDelete } from './admit.ts';

export const gatewaySpecSchema = z.strictObject({
  /** Clouds whose providers run in this gateway. */
  clouds: z
    .array(z.enum(['local']))
    .min(1)
    .default(['local']),
  /** Whose machines: `own` has an agent of its own; `installation` is the gateway of the same name that the operators share (the one in the tenant `default`). */
  provider: z.enum(['own', 'installation']).default('own'),
  /** Other tenants may build clusters here. Only in the tenant `default`; taken back, what was built stays. */
  shared: z.boolean().default(false),
});
export type GatewaySpec = z.infer<typeof gatewaySpecSchema>;

export const gatewayStatusSchema = z.object({
  conditions: keyedList(conditionSchema, 'type').default([]),
  connected: z.boolean().default(false),
  lastSeen: z.string().optional(),
  version: z.string().optional(),
  clusters: z.number().int().default(0),
});
export type GatewayStatus = z.infer<typeof gatewayStatusSchema>;

export const gatewayKind = defineKind<GatewaySpec, GatewayStatus>({
  kind: 'Gateway',
  plural: 'gateways',
  scope: 'tenant',
  visibleBelow: true,
  shortNames: ['gw'],
  description: 'A cluster next to the infrastructure whose agent drives Cluster API there. It only ever dials out.',
  spec: gatewaySpecSchema,
  status: gatewayStatusSchema,
  admit: admitGateway,
  admitDelete: admitGatewayDelete,
  columns: [
    { name: 'CONNECTED', value: (gateway) => String(gateway.status?.connected ?? false) },
    { name: 'CLOUDS', value: (gateway) => gateway.spec.clouds.join(',') },
    { name: 'CLUSTERS', type: 'integer', value: (gateway) => gateway.status?.clusters ?? 0 },
  ],
});
