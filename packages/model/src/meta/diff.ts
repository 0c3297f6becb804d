export interface FieldDiff {
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

/** A mapping: neither a list nor null. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Equal as JSON: key order and absent versus undefined do not matter. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => deepEqual(own(a, key), own(b, key)));
}

const own = (record: Record<string, unknown>, key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined);

/** `a.b`, `a[0]`, `a["x.y"]`: a path as users write it. */
export const joinPath = (path: string, key: string | number): string => {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
};

/** Field-level differences, in a fixed order: objects by key, arrays by index. `fieldDiff(a, a)` is empty. */
export function fieldDiff(from: unknown, to: unknown, path = ''): FieldDiff[] {
  if (deepEqual(from, to)) return [];
  if (isRecord(from) && isRecord(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted((a, b) => (a < b ? -1 : 1));
    return keys.flatMap((key) => fieldDiff(own(from, key), own(to, key), joinPath(path, key)));
  }
  if (Array.isArray(from) && Array.isArray(to)) {
    const length = Math.max(from.length, to.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) => fieldDiff(from[index], to[index], joinPath(path, index)));
  }
  return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
}

/** The JSON merge patch that makes `to` of `from`: only what differs, and null for what goes. It cannot say that something becomes null. */
export function mergePatchOf(from: object, to: object): Record<string, unknown> {
  const [before, after] = [from, to] as Record<string, unknown>[];
  const keys = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return Object.fromEntries(
    keys.flatMap((key): [string, unknown][] => {
      const [was, is] = [own(before ?? {}, key), own(after ?? {}, key)];
      if (deepEqual(was, is)) return [];
      return [[key, isRecord(was) && isRecord(is) ? mergePatchOf(was, is) : (is ?? null)]];
    }),
  );
}
