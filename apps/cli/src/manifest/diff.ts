import { fieldPath } from './field-path.ts';

export interface FieldDifference {
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Field by field, leaves only. */
export function diffValues(from: unknown, to: unknown, prefix: string): FieldDifference[] {
  const differences: FieldDifference[] = [];
  const walk = (a: unknown, b: unknown, path: PropertyKey[]) => {
    if (isContainer(a) && isContainer(b) && Array.isArray(a) === Array.isArray(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        walk(Reflect.get(a, key), Reflect.get(b, key), [...path, Array.isArray(a) ? Number(key) : key]);
      }
      return;
    }
    if (JSON.stringify(a) !== JSON.stringify(b))
      differences.push({ path: fieldPath(path), ...(a === undefined ? {} : { from: a }), ...(b === undefined ? {} : { to: b }) });
  };
  walk(from, to, [prefix]);
  return differences;
}
