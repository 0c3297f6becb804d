import { z } from 'zod';
import { conditionSchema } from '../meta/object.ts';
import { objectIdSchema } from './cluster-plan.ts';

/** Facts go up: agents report state, the hub's controllers turn it into status. All times are RFC 3339. */
export const layerFactSchema = z.object({
  name: z.string(),
  state: z.enum(['Waiting', 'Installing', 'Ready', 'Failed', 'Removing', 'Degraded']),
  /** The version or digest that is installed now. */
  version: z.string().optional(),
  reason: z.string(),
  /** For a failed chart: helm's own words. */
  message: z.string(),
  since: z.string(),
  /** What this layer made, for the inventory and for tombstones. */
  objects: z.array(objectIdSchema),
  /** How many readiness gates of the layer this agent judges. Absent from agents that know of none. */
  gates: z.number().int().optional(),
});
export type LayerFact = z.infer<typeof layerFactSchema>;

/** What a layer, or a layer's earlier content, made and a removal left in the cluster. */
export const keptFactSchema = z.object({
  layer: z.string(),
  /** At most {@link MAX_KEPT} of them. */
  kept: z.array(
    z.object({
      object: objectIdSchema,
      /** Why it stays, a clause: "holds objects that this layer did not make: …". */ reason: z.string(),
    }),
  ),
  /** How many are not in the list. */
  more: z.number().int().optional(),
  /** When the removal was done. */
  at: z.string(),
});
export type KeptFact = z.infer<typeof keptFactSchema>;

/** Objects of one layer that are told one by one. */
export const MAX_KEPT = 50;

export const driftFactSchema = z.object({
  layer: z.string(),
  object: objectIdSchema,
  type: z.enum(['Changed', 'Deleted']),
  policy: z.enum(['heal', 'report']),
  /** Healed when the agent has put it right; Open while it differs. */
  state: z.enum(['Open', 'Healed']),
  detectedAt: z.string(),
  healedAt: z.string().optional(),
  /** Field paths with the wanted and the live value; values of Secrets are masked as "***". */
  diff: z.array(z.object({ path: z.string(), wanted: z.unknown().optional(), live: z.unknown().optional() })),
  /** Who made the change, from managedFields: "kubectl-edit". */
  manager: z.string().optional(),
});
export type DriftFact = z.infer<typeof driftFactSchema>;

export const nodeFactSchema = z.object({
  name: z.string(),
  ready: z.boolean(),
  reason: z.string(),
  kubeletVersion: z.string(),
  roles: z.array(z.string()),
  addresses: z.array(z.string()),
});

/** From the agent inside a cluster. */
export const clusterFactsSchema = z.object({
  kind: z.literal('ClusterFacts'),
  clusterUid: z.string(),
  agentVersion: z.string(),
  planRevision: z.number().int(),
  planHash: z.string(),
  /** Set when the last plan pulled was refused: `PlanOlder`, `PlanForAnotherCluster`, `PlanSignatureInvalid`, `PlanBroken`. */
  planRefused: z.object({ reason: z.string(), message: z.string() }).optional(),
  layers: z.array(layerFactSchema),
  drift: z.array(driftFactSchema),
  health: z.object({ healthy: z.boolean(), conditions: z.array(conditionSchema) }),
  nodes: z.array(nodeFactSchema),
  kubernetesVersion: z.string(),
  tombstonesDone: z.array(z.string()),
  /** What removals left in the cluster and is still there, by layer. */
  kept: z.array(keptFactSchema).optional(),
});
export type ClusterFacts = z.infer<typeof clusterFactsSchema>;

export const machineFactSchema = z.object({
  name: z.string(),
  uid: z.string(),
  /** The MachineDeployment's pool label, or `control-plane`. */
  pool: z.string(),
  role: z.enum(['control-plane', 'worker']),
  phase: z.string(),
  version: z.string().optional(),
  providerID: z.string().optional(),
  nodeName: z.string().optional(),
  addresses: z.array(z.string()),
  failureDomain: z.string().optional(),
  createdAt: z.string(),
  conditions: z.array(conditionSchema),
});
export type MachineFact = z.infer<typeof machineFactSchema>;

/** From the gateway's provisioner, one per cluster. */
export const provisionFactsSchema = z.object({
  kind: z.literal('ProvisionFacts'),
  clusterUid: z.string(),
  phase: z.enum(['Pending', 'Provisioning', 'Provisioned', 'Deleting', 'Deleted', 'Failed']),
  conditions: z.array(conditionSchema),
  endpoint: z.string().optional(),
  controlPlane: z
    .object({ replicas: z.number(), readyReplicas: z.number(), upToDateReplicas: z.number(), version: z.string().optional() })
    .optional(),
  pools: z.array(
    z.object({
      name: z.string(),
      replicas: z.number(),
      readyReplicas: z.number(),
      upToDateReplicas: z.number(),
      version: z.string().optional(),
    }),
  ),
  machines: z.array(machineFactSchema),
  /** `gatewayClusterHash` of the entry whose objects were applied last: older than the plan's while a change is on its way. */
  appliedHash: z.string().optional(),
  /** Whether the agent was installed into the cluster. */
  agentInstalled: z.boolean(),
  /** What it waits for now, in words: "kubeadm init on dev-x7k2p". */
  waitingFor: z.string(),
});
export type ProvisionFacts = z.infer<typeof provisionFactsSchema>;

export const gatewayFactsSchema = z.object({
  kind: z.literal('GatewayFacts'),
  gatewayUid: z.string(),
  agentVersion: z.string(),
  planRevision: z.number().int(),
  planRefused: z.object({ reason: z.string(), message: z.string() }).optional(),
  clusters: z.array(provisionFactsSchema),
  health: z.object({ healthy: z.boolean(), conditions: z.array(conditionSchema) }),
  tombstonesDone: z.array(z.string()),
});
export type GatewayFacts = z.infer<typeof gatewayFactsSchema>;

export const factsSchema = z.discriminatedUnion('kind', [clusterFactsSchema, gatewayFactsSchema]);
export type Facts = z.infer<typeof factsSchema>;
