import { z } from 'zod';
import { profileRefSchema } from '../cluster-profile/profile-ref.ts';
import { profileText } from '../cluster-profile/profile-text.ts';
import { variableNameSchema, variableValueSchema } from '../cluster-profile/variable.ts';
import { machineSizeSchema } from '../machine/machine-size.ts';
import { defineKind } from '../meta/define-kind.ts';
import { conditionSchema, keyedList, setOf } from '../meta/object.ts';
import { secretText } from '../meta/secret-fields.ts';
import { driftFactSchema, keptFactSchema, layerFactSchema } from '../plan/facts.ts';
import { admitCluster } from './admit.ts';
import { driftIgnoreSchema, driftRevertSchema } from '../drift/drift-rule.ts';
import { layerOverridesSchema } from './layer-override.ts';

export const clusterSpecSchema = z.strictObject({
  /** What the cluster is made of: an infrastructure or a full profile. */
  profile: profileRefSchema,
  /** Add-on profiles laid on it, in this order; their layers and those of the profile are one stack. */
  addons: keyedList(profileRefSchema, 'scope', 'name').default([]),
  /** The ClusterTemplate that says profile and add-ons for this cluster and others. */
  template: z.strictObject({ name: z.string().min(1) }).optional(),
  cloudAccount: z.string().min(1).default('local'),
  gateway: z.string().min(1).default('local'),
  variables: z.record(z.string(), variableValueSchema).default({}),
  /** Values of variables of the type `secret`: written and never read back. */
  secretVariables: z.record(variableNameSchema, secretText(z.string().max(64 * 1024))).default({}),
  /** The same from a Secret of the cluster's project. */
  secretVariablesFrom: z.record(variableNameSchema, z.strictObject({ secret: z.string().min(1), key: z.string().min(1) })).default({}),
  /** What this cluster wants otherwise than its profiles say, by layer. */
  overrides: layerOverridesSchema.default({}),
  controlPlane: z
    .strictObject({
      replicas: z
        .union([z.literal(1), z.literal(3), z.literal(5)], { error: 'must be 1, 3 or 5: etcd needs an odd number to keep a majority' })
        .default(1),
      size: machineSizeSchema.default({}),
    })
    .default({ replicas: 1, size: {} }),
  /** MaintenancePolicy whose windows this cluster's moves wait for, besides those of the rollout. */
  maintenancePolicy: z.string().min(1).optional(),
  /** What the agent does about a difference between what it applied and what is live. */
  drift: z.enum(['heal', 'report']).default('heal'),
  /** Differences that are left as they are. */
  driftIgnored: z.array(driftIgnoreSchema).max(200).optional(),
  /** Differences that are put right once, where the policy is to report them. */
  driftReverts: z.array(driftRevertSchema).max(200).optional(),
  /** Stops every controller for this cluster; running workloads are untouched. */
  paused: z.boolean().default(false),
  /** Ids of approvals, as plans name them, that were given. */
  approvals: setOf(z.string()).default([]),
});
export type ClusterSpec = z.infer<typeof clusterSpecSchema>;

export const clusterPhaseSchema = z.enum([
  'Pending',
  'Provisioning',
  'Running',
  'Updating',
  'Degraded',
  'Failed',
  'Deleting',
  'Paused',
  'Unknown',
]);
export type ClusterPhase = z.infer<typeof clusterPhaseSchema>;

export const clusterStatusSchema = z.object({
  phase: clusterPhaseSchema.default('Pending'),
  /** When it came into this phase. */
  phaseSince: z.string().optional(),
  /** One sentence: why it is in this phase, what it waits for now. */
  message: z.string().default(''),
  conditions: keyedList(conditionSchema, 'type').default([]),
  observedGeneration: z.number().int().default(0),
  kubernetesVersion: z.string().optional(),
  endpoint: z.string().optional(),
  profile: z.object({ scope: z.string().optional(), name: z.string(), version: z.string() }).optional(),
  controlPlane: z.object({ replicas: z.number(), ready: z.number() }).default({ replicas: 0, ready: 0 }),
  nodes: z.object({ total: z.number(), ready: z.number() }).default({ total: 0, ready: 0 }),
  layers: z.array(layerFactSchema.omit({ objects: true, gates: true })).default([]),
  drift: z.array(driftFactSchema).default([]),
  /** What removed layers made and left in the cluster, and why, until it is gone. */
  kept: z.array(keptFactSchema).default([]),
  agent: z
    .object({
      connected: z.boolean(),
      lastSeen: z.string().optional(),
      version: z.string().optional(),
      planRevision: z.number().int().default(0),
    })
    .optional(),
  /** When the cluster was Ready for the first time: before that it is being made, after that it is updated or degraded. */
  firstReadyAt: z.string().optional(),
  plan: z.object({ revision: z.number().int(), hash: z.string() }).optional(),
  /** What the change asked for would repave or lose: nothing of it is done until `spec.approvals` holds the id. */
  approval: z.object({ id: z.string(), disruptions: z.array(z.string()) }).optional(),
  /** The creation or the last change, step by step, for the timeline. */
  timeline: z
    .array(z.object({ step: z.string(), startedAt: z.string(), finishedAt: z.string().optional(), waitingFor: z.string().default('') }))
    .default([]),
});
export type ClusterStatus = z.infer<typeof clusterStatusSchema>;

/** Finalizer of the cluster controller: machines and infrastructure go first. */
export const CLUSTER_FINALIZER = 'slipway.dev/cluster';

export const clusterKind = defineKind<ClusterSpec, ClusterStatus>({
  kind: 'Cluster',
  plural: 'clusters',
  scope: 'project',
  description: 'A Kubernetes cluster built and kept as its profile says.',
  spec: clusterSpecSchema,
  status: clusterStatusSchema,
  selectableFields: ['spec.template.name', 'spec.profile.name', 'spec.gateway', 'status.phase'],
  finalizers: [CLUSTER_FINALIZER],
  admit: admitCluster,
  columns: [
    { name: 'STATUS', value: (cluster) => cluster.status?.phase ?? 'Pending' },
    { name: 'PROFILE', value: (cluster) => profileText(cluster.spec.profile) },
    { name: 'KUBERNETES', value: (cluster) => cluster.status?.kubernetesVersion },
    { name: 'NODES', value: (cluster) => (cluster.status ? `${cluster.status.nodes.ready}/${cluster.status.nodes.total}` : undefined) },
    {
      name: 'LAYERS',
      value: (cluster) =>
        cluster.status
          ? `${cluster.status.layers.filter((layer: { state: string }) => layer.state === 'Ready').length}/${cluster.status.layers.length}`
          : undefined,
    },
    { name: 'SINCE', wide: true, value: (cluster) => cluster.status?.phaseSince },
    { name: 'MESSAGE', wide: true, value: (cluster) => cluster.status?.message },
  ],
});
