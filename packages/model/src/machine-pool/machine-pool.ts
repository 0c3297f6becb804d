import { z } from 'zod';
import { layerOverridesSchema } from '../cluster/layer-override.ts';
import { machineSizeSchema } from '../machine/machine-size.ts';
import { defineKind } from '../meta/define-kind.ts';
import { conditionSchema, keyedList } from '../meta/object.ts';
import { admitMachinePool } from './admit.ts';

export const MAX_POOL_REPLICAS = 500;

export const machinePoolSpecSchema = z.strictObject({
  cluster: z.string().min(1),
  /** The pool's name within its cluster: `workers`. Defaults to the object's name without the cluster's name in front. */
  pool: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/, 'must be a DNS label of at most 32 characters')
    .optional(),
  replicas: z.number().int().min(0).max(MAX_POOL_REPLICAS),
  size: machineSizeSchema.default({}),
  labels: z.record(z.string(), z.string()).default({}),
  taints: z
    .array(
      z.strictObject({ key: z.string(), value: z.string().default(''), effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']) }),
    )
    .default([]),
  /** What the machines of this pool want otherwise than the profile's kubernetes and os layers say, by layer. */
  overrides: layerOverridesSchema.default({}),
});
export type MachinePoolSpec = z.infer<typeof machinePoolSpecSchema>;

export const machinePoolStatusSchema = z.object({
  replicas: z.number().int().default(0),
  readyReplicas: z.number().int().default(0),
  upToDateReplicas: z.number().int().default(0),
  conditions: keyedList(conditionSchema, 'type').default([]),
  observedGeneration: z.number().int().default(0),
});
export type MachinePoolStatus = z.infer<typeof machinePoolStatusSchema>;

/** Finalizer of the cluster controller: the pool's machines go first. */
export const MACHINE_POOL_FINALIZER = 'slipway.dev/machinepool';

export const machinePoolKind = defineKind<MachinePoolSpec, MachinePoolStatus>({
  kind: 'MachinePool',
  plural: 'machinepools',
  scope: 'project',
  shortNames: ['pool', 'pools', 'mp'],
  description: 'A group of equal worker machines of one cluster.',
  spec: machinePoolSpecSchema,
  status: machinePoolStatusSchema,
  selectableFields: ['spec.cluster'],
  finalizers: [MACHINE_POOL_FINALIZER],
  admit: admitMachinePool,
  columns: [
    { name: 'CLUSTER', value: (pool) => pool.spec.cluster },
    { name: 'DESIRED', type: 'integer', value: (pool) => pool.spec.replicas },
    { name: 'READY', type: 'integer', value: (pool) => pool.status?.readyReplicas ?? 0 },
  ],
});
