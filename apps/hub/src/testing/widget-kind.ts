import { defineKind, keyedList, setOf } from '@slipway/model';
import { z } from 'zod';

const partSchema = z.strictObject({
  name: z.enum(['x', 'y', 'z']),
  zone: z.enum(['a', 'b']).default('a'),
  size: z.number().int().min(0).max(9).optional(),
  tags: setOf(z.enum(['p', 'q'])).optional(),
});

/** A kind with every sort of list and map server-side apply knows, for tests. */
export const widgetKind = defineKind({
  kind: 'Widget',
  plural: 'widgets',
  scope: 'project',
  description: 'A test object.',
  spec: z.strictObject({
    title: z.string().optional(),
    replicas: z.number().int().min(0).max(5).default(1),
    mode: z.enum(['fast', 'slow']).optional(),
    ratio: z.number().optional(),
    nested: z
      .strictObject({
        deep: z.strictObject({ a: z.string().optional(), b: z.number().int().optional() }).optional(),
        on: z.boolean().default(true),
      })
      .optional(),
    parts: keyedList(partSchema, 'name', 'zone').optional(),
    set: setOf(z.enum(['p', 'q', 'r'])).optional(),
    atomic: z.array(z.number().int()).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    whole: z.record(z.string(), z.string()).meta({ 'x-kubernetes-map-type': 'atomic' }).optional(),
    groups: z.record(z.string(), z.strictObject({ size: z.number().int().optional(), note: z.string().optional() })).optional(),
    free: z.record(z.string(), z.unknown()).optional(),
  }),
  status: z.object({
    phase: z.string().optional(),
    conditions: keyedList(
      z.object({ type: z.enum(['Ready', 'Live']), status: z.string(), reason: z.string().optional() }),
      'type',
    ).optional(),
  }),
  selectableFields: ['spec.mode'],
  columns: [],
});
