import { z } from 'zod';
import { profileRefSchema } from '../cluster-profile/profile-ref.ts';
import { profileText } from '../cluster-profile/profile-text.ts';
import { defineKind } from '../meta/define-kind.ts';
import { expressionTextSchema } from '../meta/expression-text.ts';
import { conditionSchema, keyedList, setOf } from '../meta/object.ts';
import { admitRollout } from './admit.ts';

const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label');

export const rolloutWaveSchema = z.strictObject({
  name: label,
  /** Label selector: clusters that match are in this wave, whatever the share says. `tier=canary` */
  labels: z.string().max(1000).optional(),
  /** How many of all selected clusters are through after this wave, those of the waves before included. */
  percent: z.number().min(0).max(100).optional(),
  /** How many clusters this wave takes. */
  count: z.number().int().min(1).max(100_000).optional(),
  /** Nobody has to be asked before it begins; false holds until its name is in `spec.release`. */
  automatic: z.boolean().default(true),
});
export type RolloutWave = z.infer<typeof rolloutWaveSchema>;

export const rolloutCheckSchema = z.strictObject({
  name: label,
  /** A CEL expression over the Cluster object: `object.status.drift.size() == 0`. */
  expression: expressionTextSchema,
});
export type RolloutCheck = z.infer<typeof rolloutCheckSchema>;

/** Settings of a rollout that a ClusterTemplate gives to those it makes. */
export const rolloutStrategySchema = z.strictObject({
  waves: keyedList(rolloutWaveSchema, 'name')
    .min(1)
    .max(50)
    .default([
      { name: 'canary', count: 1, automatic: true },
      { name: 'rest', percent: 100, automatic: true },
    ]),
  /** Clusters that are on their way at the same time. */
  maxConcurrent: z.number().int().min(1).max(10_000).default(5),
  gates: z
    .strictObject({
      /** How long a cluster must have been Ready, all layers included, before it counts as done. */
      readyMinutes: z.number().min(0).max(10_080).default(5),
      /** A cluster that is not done after this long has failed. */
      timeoutMinutes: z.number().min(1).max(10_080).default(60),
      /** A layer may be Failed for this long before the cluster counts as failed: what an agent tries again may come right. */
      failedMinutes: z.number().min(0).max(1440).default(2),
      checks: keyedList(rolloutCheckSchema, 'name').max(20).default([]),
    })
    .prefault({}),
  /** Failed clusters that are put up with; one more, and the rollout halts. */
  maxFailures: z.number().int().min(0).max(10_000).default(0),
  /** What happens then besides halting: `rollback` takes the clusters that this rollout moved back to where they came from. */
  onFailure: z.enum(['halt', 'rollback']).default('halt'),
  /** MaintenancePolicy whose windows a cluster's move waits for. What has begun is not stopped when a window closes. */
  maintenancePolicy: z.string().min(1).optional(),
});
export type RolloutStrategy = z.infer<typeof rolloutStrategySchema>;

export const rolloutSpecSchema = rolloutStrategySchema.extend({
  /** The version that clusters go to. Only clusters that use this profile, as their profile or among their add-ons, are selected. */
  target: profileRefSchema,
  selector: z
    .strictObject({
      /** Projects; all of the tenant unless told. */
      projects: setOf(z.string()).optional(),
      /** Label selector in Kubernetes' text form: `env=prod,tier in (web,api)`. */
      labels: z.string().max(1000).optional(),
      /** These clusters and no others, each as `project/name`. */
      clusters: setOf(z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be project/name'))
        .min(1)
        .max(500)
        .optional(),
      /** Clusters that follow this ClusterTemplate. */
      template: z.string().optional(),
    })
    .default({}),
  /** Clusters that do not have the target's profile get it as an add-on; without it only those that use the profile are selected. */
  install: z.boolean().default(false),
  /** No further cluster is moved while it is set. */
  paused: z.boolean().default(false),
  /** Ended for good: nothing is moved any more; clusters stay where they are, unless `rollback` says otherwise. */
  aborted: z.boolean().default(false),
  /** Takes the clusters that this rollout moved back to where they came from. */
  rollback: z.boolean().default(false),
  /** Failures from before this moment are forgotten and tried again: how a halted rollout goes on. */
  resumedAt: z.iso.datetime().optional(),
  /** Names of waves that may begin although they are not automatic. */
  release: setOf(z.string()).default([]),
  /** Ids of rollout plans that need approval and have it. */
  approvals: setOf(z.string()).default([]),
});
export type RolloutSpec = z.infer<typeof rolloutSpecSchema>;

export const ROLLOUT_PHASES = [
  'Pending',
  'Progressing',
  'Paused',
  'WaitingForWindow',
  'WaitingForApproval',
  'WaitingForRelease',
  'Halted',
  'RollingBack',
  'RolledBack',
  'Aborted',
  'Completed',
] as const;
export type RolloutPhase = (typeof ROLLOUT_PHASES)[number];

export const CLUSTER_STATES = [
  'Waiting',
  'Moving',
  'Settling',
  'Done',
  'Failed',
  'Refused',
  'Blocked',
  'Skipped',
  'Returning',
  'Returned',
] as const;
export type ClusterState = (typeof CLUSTER_STATES)[number];

const countsSchema = z.object({
  total: z.number().int(),
  waiting: z.number().int(),
  moving: z.number().int(),
  done: z.number().int(),
  /** Refused and blocked ones too: they are not there. */
  failed: z.number().int(),
});

export const rolloutStatusSchema = z.object({
  phase: z.enum(ROLLOUT_PHASES).default('Pending'),
  /** One sentence: what it does or waits for now. */
  message: z.string().default(''),
  wave: z.string().optional(),
  waves: z.array(countsSchema.extend({ name: z.string() })).default([]),
  counts: countsSchema.default({ total: 0, waiting: 0, moving: 0, done: 0, failed: 0 }),
  /** Clusters on their way and those that did not make it, at most 100; the record of each is at the cluster itself. */
  clusters: z
    .array(
      z.object({
        project: z.string(),
        name: z.string(),
        wave: z.string(),
        state: z.enum(CLUSTER_STATES),
        from: z.string().optional(),
        since: z.string().optional(),
        message: z.string().default(''),
        /** Paths of overrides that somebody has to decide about before the cluster can be moved: `db.replicas`. */
        conflicts: z.array(z.string()).optional(),
      }),
    )
    .default([]),
  /** What `spec.approvals` must hold for the clusters that wait for an approval. */
  approval: z.object({ id: z.string(), disruptions: z.array(z.string()) }).optional(),
  conditions: keyedList(conditionSchema, 'type').default([]),
  observedGeneration: z.number().int().default(0),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
});
export type RolloutStatus = z.infer<typeof rolloutStatusSchema>;

export const rolloutKind = defineKind<RolloutSpec, RolloutStatus>({
  kind: 'Rollout',
  plural: 'rollouts',
  // Not visible below: its status names clusters of every project.
  scope: 'tenant',
  shortNames: ['ro'],
  description: 'Takes many clusters to a profile version, wave by wave, and stops when one fails.',
  spec: rolloutSpecSchema,
  status: rolloutStatusSchema,
  selectableFields: ['spec.target.name', 'status.phase'],
  admit: admitRollout,
  columns: [
    { name: 'TARGET', value: (rollout) => profileText(rollout.spec.target) },
    { name: 'STATUS', value: (rollout) => rollout.status?.phase ?? 'Pending' },
    { name: 'WAVE', value: (rollout) => rollout.status?.wave },
    {
      name: 'DONE',
      value: (rollout) => (rollout.status ? `${rollout.status.counts.done}/${rollout.status.counts.total}` : undefined),
    },
    { name: 'FAILED', type: 'integer', value: (rollout) => rollout.status?.counts.failed ?? 0 },
    { name: 'MESSAGE', wide: true, value: (rollout) => rollout.status?.message },
  ],
});
