import type { z } from 'zod';
import type { TenantObject } from './object-store.ts';
import { type ApiObject, VERSION } from './object.ts';
import type { PackReads } from '../pack/pack-reads.ts';

/** One column of `slipway get` and of the Table answer. */
export interface Column {
  readonly name: string;
  readonly type?: 'string' | 'integer' | 'date';
  /** Shown only with `-o wide`. */
  readonly wide?: boolean;
  readonly description?: string;
  readonly value: (object: ApiObject<any, any>) => string | number | undefined;
}

/** What admission may look at besides the object itself. Pure checks stay in the schema. */
export interface AdmissionReads {
  get(kind: string, name: string, project?: string): Promise<ApiObject<any, any> | undefined>;
  list(kind: string, project?: string): Promise<ApiObject<any, any>[]>;
  /** Objects of every tenant: for what belongs to the installation, whose writers are its operators. Nothing of it may reach anybody else. */
  everywhere(kind: string): Promise<readonly TenantObject[]>;
  /** What is known of packs. Absent where nothing is: what needs them is then not checked. */
  readonly packs?: PackReads;
}

export interface AdmissionInput<Spec, Status> {
  readonly object: ApiObject<Spec, Status>;
  /** Undefined on create. */
  readonly old?: ApiObject<Spec, Status>;
  readonly reads: AdmissionReads;
  /** Whose the object is. */
  readonly tenant: string;
  /** Tells the writer something that is no reason to refuse. */
  readonly warn?: (text: string) => void;
  /** Only a plan is asked for: what the plan tells and somebody can still decide is no reason to refuse it. */
  readonly planned?: boolean;
}

/** Spec and status of an object: what differs between the versions of a kind. */
export interface Content<Spec = any, Status = any> {
  readonly spec: Spec;
  readonly status?: Status | undefined;
}

/**
 * A further version that a kind is served in. Objects are stored in `slipway.dev/v1` only; every answer and every write in this version is converted. The two
 * functions are pure and lose nothing: what one version can say, every other one can say too (a test generates objects and converts them there and back).
 */
export interface KindVersion<Spec = any, Status = any> {
  /** `v1beta1` */
  readonly name: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  /** Of objects in this version. Absent: those of the kind. */
  readonly columns?: readonly Column[];
  /** Fields that a selector may name in this version, and the stored fields they are. Their values are the same in both. */
  readonly selectableFields?: Readonly<Record<string, string>>;
  /** Every request in this version is answered with a warning. */
  readonly deprecated?: boolean;
  /** From what is stored. */
  readonly show: (stored: Content<Spec, Status>) => Content;
  /** To what is stored. */
  readonly store: (shown: Content) => Content<Spec, Status>;
}

/** A kind of the hub's API: storage, routes, validation, columns, CLI nouns and documentation derive from it. */
export interface Kind<Spec = any, Status = any> {
  readonly kind: string;
  /** What `spec` and `status` are the schemas of: `v1`, or the other version that `inVersion` shows. */
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** `system` kinds are outside every tenant; only system roles reach them, but for reading what is visible below. */
  readonly scope: 'system' | 'tenant' | 'project';
  /** What the kinds have in common that differ only by where they live: `Macro` of ProjectMacro. */
  readonly family?: string;
  /** Read-only below: a tenant-wide kind in each of its projects, a system kind in every tenant. What a role there must say to read it is its rules'. */
  readonly visibleBelow: boolean;
  readonly description: string;
  readonly spec: z.ZodType<Spec>;
  readonly status: z.ZodType<Status>;
  readonly columns: readonly Column[];
  /** Served besides `v1`, newest first. */
  readonly versions: readonly KindVersion<Spec, Status>[];
  /** Field paths besides metadata.name and metadata.namespace that a field selector may name. */
  readonly selectableFields: readonly string[];
  /** Written by controllers only: users may not create, update or delete. */
  readonly readOnly: boolean;
  /** Finalizers every new object starts with, because a controller has work to do before it goes. */
  readonly finalizers: readonly string[];
  /** Checks that need other objects or the old state: throws `Invalid` with causes. Never writes. */
  readonly admit?: (input: AdmissionInput<Spec, Status>) => Promise<void>;
  /** Asked before a user's delete (and its dry run): throws `Conflict` while something still needs the object. */
  readonly admitDelete?: (input: Pick<AdmissionInput<Spec, Status>, 'object' | 'reads'>) => Promise<void>;
  /** Whether the secret values of a stored object may not change any more. Values are compared where they are opened; admission sees masks only. */
  readonly secretsFixed?: (old: ApiObject<Spec, Status>) => boolean;
}

export type KindInput<Spec, Status> = Pick<
  Kind<Spec, Status>,
  'kind' | 'plural' | 'scope' | 'description' | 'spec' | 'status' | 'columns'
> &
  Partial<
    Pick<Kind<Spec, Status>, 'singular' | 'shortNames' | 'versions' | 'selectableFields' | 'readOnly' | 'finalizers' | 'visibleBelow'>
  > & {
    family?: NonNullable<Kind<Spec, Status>['family']>;
    admit?: NonNullable<Kind<Spec, Status>['admit']>;
    admitDelete?: NonNullable<Kind<Spec, Status>['admitDelete']>;
    secretsFixed?: NonNullable<Kind<Spec, Status>['secretsFixed']>;
  };

export function defineKind<Spec, Status>(input: KindInput<Spec, Status>): Kind<Spec, Status> {
  return {
    version: VERSION,
    singular: input.kind.toLowerCase(),
    shortNames: [],
    versions: [],
    selectableFields: [],
    readOnly: false,
    visibleBelow: false,
    finalizers: [],
    ...input,
  };
}
