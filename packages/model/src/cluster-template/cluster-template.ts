import { z } from 'zod';
import { profileRefSchema } from '../cluster-profile/profile-ref.ts';
import { profileText } from '../cluster-profile/profile-text.ts';
import { defineKind } from '../meta/define-kind.ts';
import { conditionSchema, keyedList } from '../meta/object.ts';
import { rolloutStrategySchema } from '../rollout/rollout.ts';
import { admitClusterTemplate, admitClusterTemplateDelete } from './admit.ts';

export const clusterTemplateSpecSchema = z.strictObject({
  description: z.string().max(500).default(''),
  profile: profileRefSchema,
  /** Clusters get those they lack and are taken to these versions; add-ons of their own stay. */
  addons: keyedList(profileRefSchema, 'scope', 'name').default([]),
  /** How a change of the template goes over the clusters that follow it; `maintenancePolicy` among it. */
  rollout: rolloutStrategySchema.prefault({}),
});
export type ClusterTemplateSpec = z.infer<typeof clusterTemplateSpecSchema>;

export const clusterTemplateStatusSchema = z.object({
  clusters: z.number().int().default(0),
  /** Clusters whose profile and add-ons are what the template says. */
  current: z.number().int().default(0),
  /** The rollouts under way, by name. */
  rollouts: z.array(z.string()).default([]),
  conditions: keyedList(conditionSchema, 'type').default([]),
  observedGeneration: z.number().int().default(0),
});
export type ClusterTemplateStatus = z.infer<typeof clusterTemplateStatusSchema>;

export const clusterTemplateKind = defineKind<ClusterTemplateSpec, ClusterTemplateStatus>({
  kind: 'ClusterTemplate',
  plural: 'clustertemplates',
  scope: 'tenant',
  visibleBelow: true,
  shortNames: ['ct'],
  description: 'Profile and add-ons for many clusters, and how a change of them goes over the fleet.',
  spec: clusterTemplateSpecSchema,
  status: clusterTemplateStatusSchema,
  admit: admitClusterTemplate,
  admitDelete: admitClusterTemplateDelete,
  columns: [
    { name: 'PROFILE', value: (template) => profileText(template.spec.profile) },
    { name: 'ADDONS', type: 'integer', value: (template) => template.spec.addons.length },
    {
      name: 'CURRENT',
      value: (template) => (template.status ? `${template.status.current}/${template.status.clusters}` : undefined),
    },
  ],
});
