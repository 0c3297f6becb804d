import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { conditionSchema, keyedList } from '../meta/object.ts';

export const machineSpecSchema = z.strictObject({
  cluster: z.string(),
  pool: z.string(),
  role: z.enum(['control-plane', 'worker']),
  version: z.string().optional(),
  providerID: z.string().optional(),
});
export type MachineSpec = z.infer<typeof machineSpecSchema>;

export const machineStatusSchema = z.object({
  phase: z.string().default('Pending'),
  nodeName: z.string().optional(),
  addresses: z.array(z.string()).default([]),
  failureDomain: z.string().optional(),
  conditions: keyedList(conditionSchema, 'type').default([]),
});
export type MachineStatus = z.infer<typeof machineStatusSchema>;

export const machineKind = defineKind<MachineSpec, MachineStatus>({
  kind: 'Machine',
  plural: 'machines',
  scope: 'project',
  description: 'One machine of a cluster, as the gateway reports it. Read-only: change the pool instead.',
  spec: machineSpecSchema,
  status: machineStatusSchema,
  selectableFields: ['spec.cluster', 'spec.pool'],
  readOnly: true,
  columns: [
    { name: 'CLUSTER', value: (machine) => machine.spec.cluster },
    { name: 'POOL', value: (machine) => machine.spec.pool },
    { name: 'STATUS', value: (machine) => machine.status?.phase },
    { name: 'VERSION', value: (machine) => machine.spec.version },
    { name: 'ADDRESS', value: (machine) => machine.status?.addresses[0] },
    { name: 'PROVIDERID', wide: true, value: (machine) => machine.spec.providerID },
  ],
});
