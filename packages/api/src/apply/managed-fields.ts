import { canonicalJson, SlipwayError } from '@slipway/kit';
import type { ApiObject, ObjectMeta } from '@slipway/model';
import {
  difference,
  emptySet,
  type FieldPath,
  type FieldSet,
  intersection,
  isEmpty,
  pathsOf,
  pathWords,
  reconciled,
  recursiveDifference,
  setOf,
  union,
  withNamedFields,
} from './field-set.ts';
import { capped, entriesOf, isSameManager, type Manager, managerFor, managersOf, managerWords, type Writer } from './managers.ts';
import { droppingNulls, merge, without } from './merge.ts';
import { isMap, type Shape } from './shape.ts';
import { compare, type Comparison, fieldsOf } from './typed.ts';

/** An object, or a part of one, as far as it can have owners. */
export interface Parts {
  readonly metadata?: ObjectMeta | undefined;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** What the rules of ownership need to know besides the objects. */
export interface Ownership {
  /** Of the version that is written in. */
  readonly shape: Shape;
  readonly writer: Writer;
  /** Every served version of the kind by its apiVersion. Whoever wrote in one that is no longer served owns nothing. */
  readonly versions: ReadonlyMap<string, VersionRules>;
}

/** What the rules of ownership need to know of one version of a kind. Parts are converted as far as they are there. */
export interface VersionRules {
  readonly shape: Shape;
  readonly toStored: (parts: object) => object;
  readonly fromStored: (parts: object) => object;
}

/** An object, or a part of one, in the version its fields are named in. */
interface Versioned {
  readonly apiVersion: string;
  readonly parts: object;
}

const shapeIn = (rules: Ownership, apiVersion: string): Shape | undefined =>
  apiVersion === rules.writer.apiVersion ? rules.shape : rules.versions.get(apiVersion)?.shape;

/** The same object as another version shows it; undefined when that version is not served. */
function convert(rules: Ownership, { apiVersion, parts }: Versioned, wanted: string): object | undefined {
  if (apiVersion === wanted) return parts;
  const [from, to] = [rules.versions.get(apiVersion), rules.versions.get(wanted)];
  if (from === undefined || to === undefined) return undefined;
  return to.fromStored(from.toStored(droppingNulls(from.shape, parts)));
}

const CSA_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** The server's own metadata has no owners. What is stored has no empty lists and maps in its metadata; a configuration may have. */
function ownable({ metadata, spec, status }: Parts, as: 'stored' | 'configured' = 'stored'): Record<string, unknown> {
  const { generateName, labels, annotations, finalizers, ownerReferences } = metadata ?? {};
  const parts = Object.entries({ generateName, labels, annotations, finalizers, ownerReferences });
  const kept = parts.filter(([, part]) => as === 'configured' || Object.keys(part ?? {}).length > 0);
  return defined({ metadata: defined(Object.fromEntries(kept)), spec, status });
}

const defined = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));

/** What a write to the object cannot change: the other half. */
const ignoredBy = ({ writer }: Ownership): FieldSet => (writer.subresource === 'status' ? setOf(['f:spec']) : setOf(['f:status']));
const METADATA_ITSELF = setOf(['f:metadata']);

function compareIn(rules: Ownership, apiVersion: string, before: object, after: object): Comparison | undefined {
  const inVersion = (parts: object) => convert(rules, { apiVersion: rules.writer.apiVersion, parts }, apiVersion);
  const [shape, was, is] = [shapeIn(rules, apiVersion), inVersion(before), inVersion(after)];
  if (shape === undefined || was === undefined || is === undefined) return undefined;
  const ignored = ignoredBy(rules);
  const { removed, modified, added } = compare(shape, was, is);
  return {
    removed: recursiveDifference(removed, ignored),
    modified: recursiveDifference(modified, ignored),
    added: recursiveDifference(added, ignored),
  };
}

interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** What the others own after a change: not what was changed under them, nor what is gone. */
function others(
  rules: Ownership,
  managers: readonly Manager[],
  change: { before: object; after: object },
): { left: Manager[]; conflicts: Conflict[] } {
  const left: Manager[] = [];
  const conflicts: Conflict[] = [];
  for (const manager of managers) {
    const compared = compareIn(rules, manager.apiVersion, change.before, change.after);
    if (compared === undefined) continue;
    const taken = intersection(manager.fields, union(compared.modified, compared.added));
    if (!isEmpty(taken)) conflicts.push({ manager, fields: taken });
    const fields = difference(difference(manager.fields, taken), compared.removed);
    if (!isEmpty(fields)) left.push({ ...manager, fields });
  }
  return { left, conflicts };
}

const reconciledAll = (rules: Ownership, managers: readonly Manager[]): Manager[] =>
  managers.map((manager) => {
    const shape = shapeIn(rules, manager.apiVersion);
    return shape === undefined ? manager : { ...manager, fields: reconciled(manager.fields, shape) };
  });

/** managedFields as the writer gives them: absent or broken keeps the stored ones, an empty list (or `[{}]`) starts anew, as in Kubernetes. */
function managersBefore(live: Parts | undefined, next: Parts, subresource: string | undefined): Manager[] {
  const stored = managersOf(live?.metadata?.managedFields) ?? [];
  if (subresource !== undefined) return stored;
  const given = next.metadata?.managedFields;
  if (given !== undefined && (given.length === 0 || (given.length === 1 && isMap(given[0]) && Object.keys(given[0]).length === 0)))
    return [];
  const managers = managersOf(given);
  return managers === undefined || managers.length === 0 ? stored : managers;
}

/** `metadata.managedFields` after a create, update or patch: what the writer changed is its own now, and nobody else's. */
export function trackUpdate(rules: Ownership, live: Parts | undefined, next: Parts): unknown[] {
  const managers = managersBefore(live, next, rules.writer.subresource);
  // Nobody is tracked on an object whose owners were taken away; the first apply begins anew.
  if (managers.length === 0 && live !== undefined) return [];
  return entriesOf(update(rules, managers, live ?? {}, next));
}

function update(rules: Ownership, managers: readonly Manager[], live: Parts, next: Parts): Manager[] {
  const change = { before: ownable(live), after: ownable(next) };
  const { left } = others(rules, reconciledAll(rules, managers), change);
  const { modified, added } = compare(rules.shape, change.before, change.after);
  const own = difference(recursiveDifference(union(modified, added), ignoredBy(rules)), METADATA_ITSELF);
  if (isEmpty(own)) return capped(left);
  const me = managerFor(rules.writer, 'Update');
  const mine = left.find((manager) => isSameManager(manager, me));
  const fields = mine === undefined ? own : union(mine.fields, own);
  return capped([...left.filter((manager) => manager !== mine), { ...me, fields }]);
}

export interface ApplyInput {
  /** Undefined: the object is made by this apply. */
  readonly live: ApiObject | undefined;
  readonly config: Parts;
  readonly force: boolean;
}

/** What server-side apply makes of the live object: ownable parts and managedFields. */
export interface ApplyResult extends Parts {
  readonly metadata: ObjectMeta;
}

/**
 * Server-side apply: sets what the configuration names, takes away what the same manager named before and no longer does (unless somebody else owns it too),
 * and refuses to change what others own (409 with each field and its manager) unless forced, which takes the fields over.
 * Keeps the rules of sigs.k8s.io/structured-merge-diff and of apimachinery's field managers; the differential test holds it to them.
 */
export function applyConfiguration(rules: Ownership, input: ApplyInput): ApplyResult {
  try {
    return withLastApplied(rules, input, applyOnce(rules, input));
  } catch (error) {
    const forced = error instanceof FieldConflict ? takeOverFromClientSide(rules, input, error) : undefined;
    if (forced !== undefined) return withLastApplied(rules, input, forced);
    throw error instanceof FieldConflict ? error.told() : error;
  }
}

function applyOnce(rules: Ownership, { live, config, force }: ApplyInput): ApplyResult {
  const { shape } = rules;
  const current = live === undefined ? {} : ownable(live);
  const stored = reconciledAll(rules, ownersBeforeApply(rules, live));
  const me = managerFor(rules.writer, 'Apply');
  const last = stored.find((manager) => isSameManager(manager, me));
  const wanted = ownable(config, 'configured');
  const fields = recursiveDifference(fieldsOf(shape, wanted), ignoredBy(rules));
  const rest = stored.filter((manager) => manager !== last);
  const merged = (merge(shape, current, wanted) ?? {}) as object;
  const next =
    last === undefined || isEmpty(last.fields) ? merged : pruned(rules, { merged, last, managers: [...rest, { ...me, fields }] });
  const { left, conflicts } = others(rules, rest, { before: current, after: next });
  if (conflicts.length > 0 && !force) throw new FieldConflict(conflicts);
  const changed = canonicalJson(current) !== canonicalJson(next);
  const own: Manager = { ...me, time: changed ? me.time : last?.time, fields: difference(fields, METADATA_ITSELF) };
  const parts: Parts = droppingNulls(shape, next);
  return { ...parts, metadata: { ...parts.metadata, managedFields: entriesOf([...left, own]) } };
}

/** An object nobody is tracked on belongs, at its first apply, to whoever wrote before: it then conflicts instead of being overwritten unseen. */
function ownersBeforeApply(rules: Ownership, live: ApiObject | undefined): Manager[] {
  if (live === undefined) return [];
  const managers = managersOf(live.metadata.managedFields);
  if (managers === undefined) throw new SlipwayError('Internal', 'The stored managedFields of this object cannot be read.');
  if (managers.length > 0) return managers;
  return update({ ...rules, writer: { ...rules.writer, manager: 'before-first-apply' } }, [], {}, live);
}

/** The merged object without what the manager applied last time, not this time, and nobody else owns. */
function pruned(rules: Ownership, state: { merged: object; last: Manager; managers: readonly Manager[] }): object {
  const { last } = state;
  const written = rules.writer.apiVersion;
  const merged = convert(rules, { apiVersion: written, parts: state.merged }, last.apiVersion);
  const shape = shapeIn(rules, last.apiVersion);
  if (merged === undefined || shape === undefined) return state.merged;
  const named = (set: FieldSet): FieldSet => withNamedFields(set, shape);
  const lastNamed = named(last.fields);
  const bare: Versioned = { apiVersion: last.apiVersion, parts: (without(shape, merged, lastNamed) ?? {}) as object };
  const kept = withOwned(rules, { ...state, result: bare });
  const left = convert(rules, kept, last.apiVersion) ?? {};
  const had = named(fieldsOf(shape, merged));
  const gone = intersection(difference(had, named(fieldsOf(shape, left))), lastNamed);
  const next: Versioned = { apiVersion: last.apiVersion, parts: (without(shape, merged, gone) ?? {}) as object };
  return convert(rules, next, written) ?? next.parts;
}

/** What was taken away and somebody still owns comes back, version by version; first those of the version it was taken away in, so that it can be converted. */
function withOwned(rules: Ownership, state: { merged: object; managers: readonly Manager[]; result: Versioned }): Versioned {
  let { result } = state;
  const groups = Map.groupBy(state.managers, ({ apiVersion }) => apiVersion);
  const order = [...groups.keys()].toSorted((a, b) => Number(b === result.apiVersion) - Number(a === result.apiVersion));
  for (const apiVersion of order) {
    const shape = shapeIn(rules, apiVersion);
    const merged = convert(rules, { apiVersion: rules.writer.apiVersion, parts: state.merged }, apiVersion);
    const now = convert(rules, result, apiVersion);
    if (shape === undefined || merged === undefined || now === undefined) continue;
    const named = (set: FieldSet): FieldSet => withNamedFields(set, shape);
    const owned = (groups.get(apiVersion) ?? []).map(({ fields }) => fields).reduce(union, emptySet());
    const kept = union(named(fieldsOf(shape, now)), named(owned));
    result = { apiVersion, parts: (without(shape, merged, difference(named(fieldsOf(shape, merged)), kept)) ?? {}) as object };
  }
  return result;
}

class FieldConflict extends Error {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super('conflict');
    this.conflicts = conflicts;
  }

  fields(): FieldSet {
    return this.conflicts.map(({ fields }) => fields).reduce(union, emptySet());
  }

  told(): SlipwayError {
    const all = this.conflicts.flatMap(({ manager, fields }) =>
      pathsOf(fields).map((path): [string, FieldPath] => [managerWords(manager), path]),
    );
    const causes = all.map(([manager, path]) => ({
      reason: 'FieldManagerConflict' as const,
      field: pathWords(path),
      message: `conflict with ${manager}`,
    }));
    return new SlipwayError('Conflict', conflictText(all), { causes, retryable: false });
  }
}

function conflictText(all: readonly (readonly [string, FieldPath])[]): string {
  const [first] = all;
  if (all.length === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${first[0]}: ${pathWords(first[1])}`;
  }
  const managers = [...Map.groupBy(all, ([manager]) => manager)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const told = managers.map(
    ([manager, paths]) => `conflicts with ${manager}:\n${paths.map(([, path]) => `- ${pathWords(path)}`).join('\n')}`,
  );
  return `Apply failed with ${all.length} conflicts: ${told.join('\n')}`;
}

/** kubectl's own client-side apply wrote these fields, and its server-side apply writes them now: that is no conflict. */
function takeOverFromClientSide(rules: Ownership, input: ApplyInput, conflict: FieldConflict): ApplyResult | undefined {
  const before = lastApplied(input.live);
  if (rules.writer.manager !== 'kubectl' || before === undefined || input.live === undefined) return undefined;
  const parts = ownable(before);
  const { modified, added } = compare(rules.shape, parts, ownable(input.live));
  const allowed = difference(fieldsOf(rules.shape, parts), union(modified, added));
  if (!isEmpty(difference(conflict.fields(), allowed))) return undefined;
  return applyOnce(rules, { ...input, force: true });
}

function lastApplied(live: ApiObject | undefined): Parts | undefined {
  const text = live?.metadata.annotations?.[CSA_ANNOTATION];
  if (text === undefined || text === '') return undefined;
  try {
    const parsed = JSON.parse(text) as unknown;
    return isMap(parsed) ? (parsed as Parts) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps kubectl's annotation in step, so that a later client-side apply computes its difference from what was applied last. */
function withLastApplied(rules: Ownership, { live, config }: ApplyInput, result: ApplyResult): ApplyResult {
  if (rules.writer.manager !== 'kubectl' || live?.metadata.annotations?.[CSA_ANNOTATION] === undefined) return result;
  if (result.metadata.annotations?.[CSA_ANNOTATION] === undefined) return result;
  const annotations = { ...config.metadata?.annotations };
  delete annotations[CSA_ANNOTATION];
  const metadata = { ...config.metadata, annotations, managedFields: undefined };
  const text = `${JSON.stringify({ ...config, metadata })}\n`;
  return { ...result, metadata: { ...result.metadata, annotations: { ...result.metadata.annotations, [CSA_ANNOTATION]: text } } };
}

/** Equal but for the times: who applies the same again has written nothing. */
export function sameOwners(a: readonly unknown[] | undefined, b: readonly unknown[] | undefined): boolean {
  const timeless = (entries: readonly unknown[] | undefined) =>
    canonicalJson((entries ?? []).map((entry) => ({ ...(entry as object), time: undefined })));
  return timeless(a) === timeless(b);
}
