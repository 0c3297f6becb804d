import { type Clock, randomSuffix, SlipwayError } from '@slipway/kit';
import {
  type AdmissionReads,
  type ApiObject,
  apiVersionOf,
  GROUP,
  type Kind,
  type NewObject,
  type ObjectMeta,
  type ObjectStore,
} from '@slipway/model';
import { type FieldValidation, invalid, type ServedKind } from './kind-schema.ts';
import { applyConfiguration, type Ownership, sameOwners, trackUpdate } from './apply/managed-fields.ts';
import { checkedConfig, typeMetaOf } from './apply/apply-config.ts';
import { duplicateItems } from './apply/merge.ts';
import { pathText } from './field-errors.ts';
import { admitted } from './guards.ts';
import type { Write } from './impact.ts';
import { metadataCauses } from './metadata.ts';
import { recognized } from './known-secrets.ts';
import { patched, type PatchType } from './patches.ts';
import { checkVersion, neverStored, OWNED, ownMetadata, pick, sameIdentity, sameParts, without, withVersion } from './write-metadata.ts';

/** What admission may read on behalf of one request. */
export type ReadsFor = (context: Pick<WriteContext, 'tenant' | 'store'>) => AdmissionReads;

export interface WriteDeps {
  readonly clock: Clock;
  readonly readsFor: ReadsFor;
}

/** What every write knows besides its body. */
export interface WriteContext {
  /** As the caller may use it. */
  readonly store: ObjectStore;
  readonly tenant: string;
  /** Undefined for tenant-scoped kinds. */
  readonly project: string | undefined;
  readonly fieldValidation: FieldValidation;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly subresource?: 'status' | undefined;
  /** Says what a write would do to others, for a dry run. */
  readonly foretell?: ((write: Write) => Promise<readonly string[]>) | undefined;
}

/** One change of an object that is there: as it is stored, and as the writer, in its own version, wants it. */
interface Change {
  readonly stored: ApiObject;
  readonly raw: unknown;
  readonly managedFields?: unknown[];
}

export interface Written {
  readonly object: ApiObject;
  readonly created: boolean;
  readonly warnings: readonly string[];
}

const PATCH_ATTEMPTS = 8;

/** Create, update, patch and apply with everything that stands between a request and the store: validation, defaults, admission, field owners. */
export function createWrites(deps: WriteDeps) {
  const { clock } = deps;
  const ownership = (served: ServedKind, context: WriteContext): Ownership => ({
    shape: served.shape,
    versions: served.versions,
    writer: {
      manager: context.fieldManager,
      apiVersion: apiVersionOf(served.kind),
      subresource: context.subresource,
      time: new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
  });
  /** Gives what the writer is to be told. */
  const admit = async (kind: Kind, context: WriteContext, object: ApiObject, old: ApiObject | undefined): Promise<string[]> => {
    const warnings: string[] = [];
    const reads = deps.readsFor(context);
    const warn = (text: string) => void warnings.push(text);
    await admitted(kind, kind.admit?.({ object, tenant: context.tenant, reads, warn, ...(old === undefined ? {} : { old }) }));
    if (context.dryRun) warnings.push(...((await context.foretell?.({ object, old })) ?? []));
    return warnings;
  };

  const create = async (served: ServedKind, context: WriteContext, raw: unknown, applied?: unknown[]): Promise<Written> => {
    const { object, warnings } = served.parse(raw, context.fieldValidation);
    const metadata = ownMetadata(served.kind, context.project, object.metadata);
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '') {
      throw new SlipwayError('BadRequest', 'resourceVersion should not be set on objects to be created');
    }
    const generated = (metadata.name ?? '') === '' && metadata.generateName !== undefined;
    for (let attempt = 0; ; attempt++) {
      const name = generated ? `${metadata.generateName?.slice(0, 58)}${randomSuffix()}` : metadata.name;
      try {
        const named = { ...object, metadata: { ...metadata, ...(name === undefined ? {} : { name }) } };
        const made = await createNamed(served, context, named, applied);
        return { object: made.object, created: true, warnings: [...warnings, ...made.warnings] };
      } catch (error) {
        if (!(generated && attempt < 7 && error instanceof SlipwayError && error.code === 'AlreadyExists')) throw error;
      }
    }
  };
  const createNamed = async (
    served: ServedKind,
    context: WriteContext,
    object: NewObject,
    applied: unknown[] | undefined,
  ): Promise<Pick<Written, 'object' | 'warnings'>> => {
    const { kind } = served;
    const causes = metadataCauses(object.metadata);
    if (causes.length > 0) throw invalid(kind, object.metadata.name, causes);
    const finalizers = [...new Set([...(object.metadata.finalizers ?? []), ...kind.finalizers])];
    const managedFields = applied ?? trackUpdate(ownership(served, context), undefined, object);
    const complete = served.conversion.stored({ ...object, metadata: { ...object.metadata, finalizers, managedFields } });
    const warnings = await admit(kind, context, asObject(complete), undefined);
    const made = await context.store.create(complete, { tenant: context.tenant, dryRun: context.dryRun }).catch((error: unknown) => {
      if (!(error instanceof SlipwayError && error.code === 'AlreadyExists')) throw error;
      throw new SlipwayError('AlreadyExists', `${kind.plural}.${GROUP} "${complete.metadata.name}" already exists`, { cause: error });
    });
    return { object: served.conversion.shown(context.dryRun ? neverStored(made) : made), warnings };
  };

  /** Validates, admits and stores a changed object; its resourceVersion is the one it was read at. */
  const storeChange = async (served: ServedKind, context: WriteContext, change: Change): Promise<Written> => {
    const { kind, conversion } = served;
    const old = conversion.shown(change.stored);
    // Who looked at another state has to look again, whatever else is wrong.
    checkVersion(kind, old, change.raw);
    if (context.subresource === 'status') return storeStatus(served, context, change);
    const { object, warnings } = served.parse(change.raw, context.fieldValidation);
    const given = ownMetadata(kind, context.project, object.metadata);
    sameIdentity(kind, old, given);
    const metadata = { ...old.metadata, ...pick(given), name: old.metadata.name };
    const causes = metadataCauses(metadata);
    if (causes.length > 0) throw invalid(kind, old.metadata.name, causes);
    // Its own fields all come from `old`, so they are complete.
    const next: ApiObject = {
      ...old,
      spec: object.spec,
      metadata: { ...metadata, managedFields: given.managedFields } as ApiObject['metadata'],
    };
    next.metadata.managedFields = change.managedFields ?? trackUpdate(ownership(served, context), old, next);
    if (sameOwners(old.metadata.managedFields, next.metadata.managedFields) && sameParts(old, next))
      next.metadata.managedFields = old.metadata.managedFields;
    next.metadata.resourceVersion = given.resourceVersion ?? '';
    const storable = conversion.stored(next);
    const told = await admit(kind, context, storable, change.stored);
    const written = await context.store.update(storable, { tenant: context.tenant, dryRun: context.dryRun });
    return { object: conversion.shown(written), created: false, warnings: [...warnings, ...told] };
  };
  const storeStatus = async (served: ServedKind, context: WriteContext, change: Change): Promise<Written> => {
    const { conversion } = served;
    const old = conversion.shown(change.stored);
    const given = ((change.raw as ApiObject | undefined)?.metadata ?? {}) as ObjectMeta;
    sameIdentity(served.kind, old, given);
    const status = served.parseStatus((change.raw as ApiObject | undefined)?.status);
    const next: ApiObject = { ...old, metadata: { ...old.metadata, resourceVersion: given.resourceVersion ?? '' }, status };
    const managedFields = change.managedFields ?? trackUpdate(ownership(served, context), old, { ...next, metadata: given });
    const unchanged = sameOwners(old.metadata.managedFields, managedFields) && sameParts(old, next);
    const options = { tenant: context.tenant, dryRun: context.dryRun, ...(unchanged ? {} : { managedFields }) };
    const written = await context.store.updateStatus(conversion.stored(next), options);
    return { object: conversion.shown(written), created: false, warnings: [] };
  };
  const read = async (served: ServedKind, context: WriteContext, name: string): Promise<ApiObject | undefined> =>
    context.store.get({ tenant: context.tenant, kind: served.kind.kind, project: context.project, name });

  const update = async (served: ServedKind, context: WriteContext, name: string, raw: unknown): Promise<Written> => {
    const given = (raw as ApiObject | undefined)?.metadata?.name;
    if (given !== undefined && given !== name)
      throw new SlipwayError('BadRequest', `the name of the object (${given}) does not match the name on the URL (${name})`);
    for (let attempt = 0; ; attempt++) {
      const stored = await read(served, context, name);
      if (stored === undefined) throw notFound(served.kind, name);
      const unconditional = ((raw as ApiObject).metadata?.resourceVersion ?? '') === '';
      const input = unconditional ? withVersion(raw, stored.metadata.resourceVersion) : raw;
      try {
        return await storeChange(served, context, { stored, raw: await recognized(served, { ...context, name }, input) });
      } catch (error) {
        if (!(unconditional && isConflict(error) && attempt < PATCH_ATTEMPTS)) throw error;
      }
    }
  };

  const patch = async (
    served: ServedKind,
    context: WriteContext,
    name: string,
    change: { type: PatchType; body: unknown; force: boolean },
  ): Promise<Written> => {
    for (let attempt = 0; ; attempt++) {
      const stored = await read(served, context, name);
      if (change.type === 'application/apply-patch+yaml') {
        const applied = await applyOnce(served, context, { name, stored, config: change.body, force: change.force }).catch(
          (error: unknown) => {
            if (isRace(error) && attempt < PATCH_ATTEMPTS) return undefined;
            throw error;
          },
        );
        if (applied !== undefined) return applied;
        continue;
      }
      if (stored === undefined) throw notFound(served.kind, name);
      const old = served.conversion.shown(stored);
      const raw = patched(served.kind, old, change) as ApiObject;
      // A patch that names a version means that one; any other is tried again when somebody else was faster.
      const pinned = raw.metadata?.resourceVersion !== old.metadata.resourceVersion;
      try {
        return await storeChange(served, context, { stored, raw: await recognized(served, { ...context, name }, raw) });
      } catch (error) {
        if (pinned || !isRace(error) || attempt >= PATCH_ATTEMPTS) throw error;
      }
    }
  };

  const applyOnce = async (
    served: ServedKind,
    context: WriteContext,
    input: { name: string; stored: ApiObject | undefined; config: unknown; force: boolean },
  ): Promise<Written> => {
    const { stored, name } = input;
    const old = stored === undefined ? undefined : served.conversion.shown(stored);
    const config = await recognized(served, { ...context, name }, checkedConfig(input.config, name));
    if (old === undefined && (config.metadata?.uid !== undefined || context.subresource !== undefined)) throw notFound(served.kind, name);
    const typeMeta = typeMetaOf(served.kind, config);
    // Merged by key, one of the two would be lost without a word.
    const twice = duplicateItems(served.shape, config).map(({ path, item }) => ({
      field: pathText(path),
      reason: 'FieldValueDuplicate' as const,
      message: `Duplicate value: ${item}`,
    }));
    if (twice.length > 0) throw invalid(served.kind, name, twice);
    const result = applyConfiguration(ownership(served, context), { live: old, config, force: input.force });
    const { managedFields = [], ...owned } = result.metadata;
    const identity = { name, ...(context.project === undefined ? {} : { namespace: context.project }) };
    // The configuration itself is under the merged parts, so that what it holds beside them (unknown fields) is checked too.
    const { spec: _spec, status: _status, metadata: { managedFields: _none, ...metadata } = {}, ...rest } = config;
    if (stored === undefined || old === undefined) {
      const raw = { ...rest, ...typeMeta, metadata: { ...metadata, ...owned, ...identity }, spec: result.spec ?? {} };
      return create(served, context, raw, managedFields);
    }
    const resourceVersion = metadata.resourceVersion ?? old.metadata.resourceVersion;
    const raw = {
      ...rest,
      ...typeMeta,
      metadata: { ...without(metadata, OWNED), ...owned, ...identity, resourceVersion },
      ...(context.subresource === 'status' ? { status: result.status } : { spec: result.spec ?? {} }),
    };
    return storeChange(served, context, { stored, raw, managedFields });
  };

  return { create, update, patch };
}

const asObject = (object: NewObject): ApiObject => object as ApiObject;

const isConflict = (error: unknown): boolean => error instanceof SlipwayError && error.code === 'Conflict';

/** Somebody else wrote between our reading and our writing; a conflict of field managers is not that. */
const isRace = (error: unknown): boolean =>
  error instanceof SlipwayError && (error.code === 'AlreadyExists' || (error.code === 'Conflict' && error.retryable));

function notFound(kind: Kind, name: string): SlipwayError {
  return new SlipwayError('NotFound', `${kind.plural}.slipway.dev "${name}" not found`);
}
