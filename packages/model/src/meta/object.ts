import { z } from 'zod';

export { API_VERSION, GROUP, VERSION } from './group.ts';

/** A list whose items are told apart by these fields: server-side apply merges it item by item, and an item must not be there twice. */
export const keyedList = <T extends z.ZodType>(item: T, ...keys: readonly string[]): z.ZodArray<T> =>
  z.array(item).meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys });

/** A list of values in which each is there once; server-side apply merges it value by value. */
export const setOf = <T extends z.ZodType>(item: T): z.ZodArray<T> => z.array(item).meta({ 'x-kubernetes-list-type': 'set' });

/** `metav1.Condition`, types positive (`Ready`), reasons PascalCase. */
export const conditionSchema = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string().default(''),
  lastTransitionTime: z.string(),
  observedGeneration: z.number().int().optional(),
});
export type Condition = z.infer<typeof conditionSchema>;

/** `metav1.ObjectMeta`, the part the hub keeps. `namespace` is the project. */
export const objectMetaSchema = z.object({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().int().optional(),
  creationTimestamp: z.string().nullable().optional(),
  deletionTimestamp: z.string().nullable().optional(),
  deletionGracePeriodSeconds: z.number().int().nullable().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z
    .array(
      z.object({
        apiVersion: z.string(),
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().optional(),
        blockOwnerDeletion: z.boolean().optional(),
      }),
    )
    .optional(),
  managedFields: z.array(z.unknown()).optional(),
});
export type ObjectMeta = z.infer<typeof objectMetaSchema>;

/** Any object of the hub's API as stored: `metadata` complete. */
export interface ApiObject<Spec = unknown, Status = unknown> {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta & { name: string; uid: string; resourceVersion: string; generation: number; creationTimestamp: string };
  spec: Spec;
  status?: Status;
}

/** An object as a user writes it: the server fills in the rest of `metadata`. */
export interface NewObject<Spec = unknown> {
  apiVersion?: string;
  kind: string;
  metadata: ObjectMeta;
  spec: Spec;
  status?: unknown;
}

/** Where an object is. `project` is undefined for tenant-scoped kinds. */
export interface ObjectRef {
  readonly tenant?: string;
  readonly kind: string;
  readonly project?: string | undefined;
  readonly name: string;
}

export const DEFAULT_TENANT = 'default';
/** Where Slipway's own operators are: tenants and system-wide grants are its objects. */
export const SYSTEM_TENANT = 'system';
export const DEFAULT_PROJECT = 'default';
