import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';

/** Something that happened to an object, for the person who looks at it. Repeats of the same reason and message raise `count` instead of making a new one. */
export const eventSpecSchema = z.strictObject({
  regarding: z.strictObject({ kind: z.string(), name: z.string(), uid: z.string().optional() }),
  type: z.enum(['Normal', 'Warning']),
  reason: z.string(),
  message: z.string(),
  source: z.string().default('slipway'),
  count: z.number().int().default(1),
  firstTimestamp: z.string(),
  lastTimestamp: z.string(),
});
export type EventSpec = z.infer<typeof eventSpecSchema>;

export const eventKind = defineKind<EventSpec, Record<string, never>>({
  kind: 'Event',
  plural: 'events',
  scope: 'project',
  shortNames: ['ev'],
  description: 'Something that happened to an object.',
  spec: eventSpecSchema,
  status: z.object({}),
  selectableFields: ['spec.regarding.kind', 'spec.regarding.name'],
  readOnly: true,
  columns: [
    { name: 'LAST SEEN', type: 'date', value: (event) => event.spec.lastTimestamp },
    { name: 'TYPE', value: (event) => event.spec.type },
    { name: 'REASON', value: (event) => event.spec.reason },
    { name: 'OBJECT', value: (event) => `${event.spec.regarding.kind.toLowerCase()}/${event.spec.regarding.name}` },
    { name: 'MESSAGE', value: (event) => event.spec.message },
  ],
});
