import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';

export const teamSpecSchema = z.strictObject({
  displayName: z.string().max(200).default(''),
  /** Names of users. */
  members: z.array(z.string().min(1).max(253)).max(10_000).default([]),
});
export type TeamSpec = z.infer<typeof teamSpecSchema>;

export const teamKind = defineKind<TeamSpec, Record<string, never>>({
  kind: 'Team',
  plural: 'teams',
  scope: 'tenant',
  description: 'Users who get roles together. Whoever adds somebody must hold what the team holds.',
  spec: teamSpecSchema,
  status: z.object({}),
  columns: [
    { name: 'DISPLAY NAME', value: (team) => team.spec.displayName },
    { name: 'MEMBERS', type: 'integer', value: (team) => team.spec.members.length },
  ],
});
