import { canonicalJson, sha256Hex } from '@slipway/kit';
import { z } from 'zod';
import { planIgnoreSchema, planRevertSchema } from '../drift/drift-rule.ts';
import { planGateSchema } from './readiness.ts';

/** Which object a layer made or a tombstone names. */
export const objectIdSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
});
export type ObjectId = z.infer<typeof objectIdSchema>;

/** One resolved layer as the agent installs it: every variable filled in, every chart pinned by digest. */
export const planLayerSchema = z.object({
  name: z.string(),
  type: z.enum(['os', 'kubernetes', 'cni', 'csi', 'addon']),
  namespace: z.string(),
  dependsOn: z.array(z.string()),
  drift: z.enum(['heal', 'report']),
  /** Left out, not empty, when there are none, as `readiness`. Agents that know of none go by the policy alone. */
  driftIgnored: z.array(planIgnoreSchema).optional(),
  driftReverts: z.array(planRevertSchema).optional(),
  timeoutSeconds: z.number().int().positive(),
  /**
   * Gates besides Helm's and Kubernetes' own readiness. Left out, not empty, when there are none: the plan of a cluster without gates is the same text as before there
   * were any. An agent that does not report `gates` for the layer does not know them, and its word that the layer is Ready does not count.
   */
  readiness: z.array(planGateSchema).optional(),
  content: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('chart'),
      /** Helm release name. */
      release: z.string(),
      name: z.string(),
      version: z.string(),
      /** sha256:… of the chart archive; the agent fetches it from the hub as `/link/v1/blobs/<digest>`. */
      digest: z.string(),
      values: z.record(z.string(), z.unknown()),
    }),
    z.object({ type: z.literal('manifests'), objects: z.array(z.record(z.string(), z.unknown())) }),
    /** Provided by the machine itself (os, kubernetes, the local cloud's CNI): nothing to install, only health to report. */
    z.object({
      type: z.literal('builtin'),
      version: z.string(),
      /** Settings that machines are made with, of a kubernetes layer; for the hub, which keeps to them while a change waits for its approval. Left out when there are none. */
      values: z.record(z.string(), z.unknown()).optional(),
    }),
  ]),
});
export type PlanLayer = z.infer<typeof planLayerSchema>;

/**
 * The only thing that lets an agent delete. Names one layer, one object of a manifest layer, or (for gateways) one cluster, of one cluster uid.
 * Tombstones travel inside the signed plan and stay in it until the agent has reported them done.
 */
export const tombstoneSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('layer'),
    id: z.string(),
    layer: z.string(),
    release: z.string().optional(),
    namespace: z.string(),
    /**
     * What the hub knows the layer made. Agents that keep an inventory go by that as well; for older ones this list, without definitions and namespaces of charts, is all
     * there is.
     */
    objects: z.array(objectIdSchema),
    /** What the layer depended on: none of these is removed before it is gone. */
    dependsOn: z.array(z.string()).optional(),
  }),
  z.object({ type: z.literal('object'), id: z.string(), layer: z.string(), object: objectIdSchema }),
  z.object({ type: z.literal('cluster'), id: z.string(), clusterUid: z.string(), name: z.string(), namespace: z.string() }),
  /** One Cluster API object of a cluster that goes while the cluster stays, such as a deleted machine pool's MachineDeployment. */
  z.object({ type: z.literal('infrastructure'), id: z.string(), clusterUid: z.string(), object: objectIdSchema }),
]);
export type Tombstone = z.infer<typeof tombstoneSchema>;

/** What one cluster's agent keeps true. `revision` only grows; the agent refuses a smaller one and any plan for another `clusterUid`. */
export const clusterPlanSchema = z.object({
  kind: z.literal('ClusterPlan'),
  clusterUid: z.string(),
  cluster: z.string(),
  project: z.string(),
  revision: z.number().int().positive(),
  profile: z.object({ name: z.string(), version: z.string() }),
  kubernetesVersion: z.string(),
  layers: z.array(planLayerSchema),
  tombstones: z.array(tombstoneSchema),
});
export type ClusterPlan = z.infer<typeof clusterPlanSchema>;

/** One cluster as the gateway's provisioner builds it. */
export const gatewayClusterSchema = z.object({
  clusterUid: z.string(),
  name: z.string(),
  project: z.string(),
  /** Namespace of the Cluster API objects in the gateway cluster. */
  namespace: z.string(),
  cloud: z.string(),
  kubernetesVersion: z.string(),
  /** `pack`: no pod has a network until the agent has installed it, so the agent itself must do without. Absent: the machines bring it. */
  podNetwork: z.enum(['machine', 'pack']).optional(),
  /** Cluster API and provider objects, applied by server-side apply in this order. Every one carries the label `slipway.dev/cluster-uid`. */
  objects: z.array(z.record(z.string(), z.unknown())),
});
export type GatewayCluster = z.infer<typeof gatewayClusterSchema>;

/** Tells two entries of a gateway plan apart: hex sha256 of the canonical JSON. */
export const gatewayClusterHash = (entry: GatewayCluster): string => sha256Hex(canonicalJson(entry));

export const gatewayPlanSchema = z.object({
  kind: z.literal('GatewayPlan'),
  gatewayUid: z.string(),
  gateway: z.string(),
  revision: z.number().int().positive(),
  clusters: z.array(gatewayClusterSchema),
  tombstones: z.array(tombstoneSchema),
});
export type GatewayPlan = z.infer<typeof gatewayPlanSchema>;

/** A plan as it travels: canonical JSON, its sha256 and the hub's Ed25519 signature over that text (both base64/hex as named). */
export const signedPlanSchema = z.object({
  /** canonicalJson(ClusterPlan | GatewayPlan) */
  payload: z.string(),
  /** hex sha256 of payload */
  hash: z.string(),
  /** base64 Ed25519 signature of payload */
  signature: z.string(),
  keyId: z.string(),
});
export type SignedPlan = z.infer<typeof signedPlanSchema>;
