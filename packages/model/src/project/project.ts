import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { admitProjectDelete } from './admit.ts';

export const projectSpecSchema = z.strictObject({ displayName: z.string().default(''), description: z.string().default('') });
export type ProjectSpec = z.infer<typeof projectSpecSchema>;
export const projectStatusSchema = z.object({ clusters: z.number().int().default(0) });

export const projectKind = defineKind<ProjectSpec, z.infer<typeof projectStatusSchema>>({
  kind: 'Project',
  plural: 'projects',
  scope: 'tenant',
  description: 'A space for clusters and the people who run them. Projects are the namespaces of the API.',
  spec: projectSpecSchema,
  status: projectStatusSchema,
  admitDelete: admitProjectDelete,
  columns: [{ name: 'DISPLAY NAME', value: (project) => project.spec.displayName }],
});
