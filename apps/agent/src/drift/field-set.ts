import type { KubeObject } from '@slipway/kube';

/** `FieldsV1` of managedFields: keys `f:<field>`, `k:<json of the list item's key>`, `v:<json of a set member>`, `i:<index>` and `.` for the item itself. */
export type FieldSet = { readonly [key: string]: FieldSet };

/** One step from an object towards a field, in the words of FieldsV1 (`f:spec`, `k:{"name":"app"}`). */
export type FieldPath = readonly string[];

export type ManagedFieldsEntry = NonNullable<KubeObject['metadata']['managedFields']>[number];

export const childrenOf = (set: FieldSet): [string, FieldSet][] => Object.entries(set).filter(([key]) => key !== '.');

/** Whether the set owns this field or anything below it. */
export function covers(set: FieldSet | undefined, path: FieldPath): boolean {
  let at = set;
  for (const step of path) {
    if (at === undefined) return false;
    // A field owned as a whole (an atomic list or map) covers what is below it.
    if (at[step] === undefined) return at !== set && childrenOf(at).length === 0;
    at = at[step];
  }
  return at !== undefined;
}

const keyMatches = (item: unknown, key: Record<string, unknown>): boolean =>
  item !== null &&
  typeof item === 'object' &&
  Object.entries(key).every(([name, value]) => (item as Record<string, unknown>)[name] === value);

/** Follows one step into a value. Undefined when it is not there. */
export function stepInto(value: unknown, step: string): unknown {
  if (value === undefined || value === null) return undefined;
  const rest = step.slice(2);
  if (step.startsWith('f:'))
    return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>)[rest] : undefined;
  if (!Array.isArray(value)) return undefined;
  if (step.startsWith('k:')) {
    const key = JSON.parse(rest) as Record<string, unknown>;
    return value.find((item) => keyMatches(item, key));
  }
  if (step.startsWith('v:')) return value.find((item) => JSON.stringify(item) === rest);
  return value[Number(rest)];
}

/** A copy of the object without one field; steps that lead nowhere change nothing. */
export function withoutField<T>(value: T, path: FieldPath): T {
  const [step, ...rest] = path;
  if (step === undefined || value === null || typeof value !== 'object') return value;
  const name = step.slice(2);
  if (Array.isArray(value)) {
    const target = stepInto(value, step);
    const items: unknown[] = value;
    if (rest.length === 0) return items.filter((item) => item !== target) as T;
    return items.map((item) => (item === target ? withoutField(item, rest) : item)) as T;
  }
  const record = value as Record<string, unknown>;
  if (!(name in record)) return value;
  if (rest.length > 0) return { ...record, [name]: withoutField(record[name], rest) } as T;
  const { [name]: _removed, ...others } = record;
  return others as T;
}

/** The path as people write it: `spec.template.spec.containers[name=app].image`, `metadata.labels["a.b/c"]`. */
export function pathText(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    const rest = step.slice(2);
    if (step.startsWith('f:')) text += /^[A-Za-z0-9_-]+$/.test(rest) ? `${text === '' ? '' : '.'}${rest}` : `[${JSON.stringify(rest)}]`;
    else if (step.startsWith('k:')) {
      const key = JSON.parse(rest) as Record<string, unknown>;
      text += `[${Object.entries(key)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(',')}]`;
    } else text += `[${rest}]`;
  }
  return text;
}

/** What one manager applied (not updated) of an object. */
export function appliedBy(object: KubeObject, manager: string): FieldSet | undefined {
  const entry = object.metadata.managedFields?.find(
    (candidate) => candidate.manager === manager && candidate.operation === 'Apply' && !candidate.subresource,
  );
  return entry?.fieldsV1 as FieldSet | undefined;
}
