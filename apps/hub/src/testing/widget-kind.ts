import { defineKind, keyedList, type KindVersion, setOf } from '@slipway/model';
import { z } from 'zod';

const partSchema = z.strictObject({
  name: z.enum(['x', 'y', 'z']),
  zone: z.enum(['a', 'b']).default('a'),
  size: z.number().int().min(0).max(9).optional(),
  tags: setOf(z.enum(['p', 'q'])).optional(),
});

const spec = z.strictObject({
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
});
type Spec = z.infer<typeof spec>;

const status = z.object({
  phase: z.string().optional(),
  conditions: keyedList(
    z.object({ type: z.enum(['Ready', 'Live']), status: z.string(), reason: z.string().optional() }),
    'type',
  ).optional(),
});

const { title, replicas, parts } = spec.shape;
const betaSpec = spec.omit({ title: true, replicas: true, parts: true, mode: true, nested: true }).extend({
  heading: title,
  count: replicas,
  pieces: parts,
  speed: z.enum(['high', 'low']).optional(),
  nested: z
    .strictObject({
      deep: z.strictObject({ first: z.string().optional(), b: z.number().int().optional() }).optional(),
      on: z.boolean().default(true),
    })
    .optional(),
});
type BetaSpec = z.infer<typeof betaSpec>;

const SPEEDS = { fast: 'high', slow: 'low' } as const;
const MODES = { high: 'fast', low: 'slow' } as const;
/** A field that is not there stays away. */
const given = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

/** The same widget with other names for fields at several depths, and other values for one of them. */
const beta: KindVersion<Spec, z.infer<typeof status>> = {
  name: 'v1beta1',
  spec: betaSpec,
  status: status.omit({ phase: true }).extend({ state: status.shape.phase }),
  deprecated: true,
  selectableFields: { 'spec.heading': 'spec.title' },
  show({ spec: { title: heading, replicas: count, parts: pieces, mode: stored, nested, ...same }, status: told }) {
    const { a: first, ...deep } = nested?.deep ?? {};
    const { phase: state, ...rest } = told ?? {};
    return {
      spec: given({
        ...same,
        heading,
        count,
        pieces,
        speed: stored && SPEEDS[stored],
        nested: nested && given({ ...nested, deep: nested.deep && given({ ...deep, first }) }),
      }),
      status: told && given({ ...rest, state }),
    };
  },
  store({ spec: shown, status: told }) {
    const { heading, count, pieces, speed, nested, ...same } = shown as BetaSpec;
    const { first: a, ...deep } = nested?.deep ?? {};
    const { state: phase, ...rest } = (told ?? {}) as { state?: string };
    return {
      spec: given({
        ...same,
        title: heading,
        replicas: count,
        parts: pieces,
        mode: speed && MODES[speed],
        nested: nested && given({ ...nested, deep: nested.deep && given({ ...deep, a }) }),
      }) as Spec,
      status: told && given({ ...rest, phase }),
    };
  },
};

/** A kind with every sort of list and map server-side apply knows, and in two versions, for tests. */
export const widgetKind = defineKind({
  kind: 'Widget',
  plural: 'widgets',
  scope: 'project',
  description: 'A test object.',
  spec,
  status,
  versions: [beta],
  selectableFields: ['spec.mode', 'spec.title'],
  columns: [{ name: 'TITLE', value: (widget) => widget.spec.title }],
});
