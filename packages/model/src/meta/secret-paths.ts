import { isRecord, joinPath } from './diff.ts';
import { hidesOf } from './secret-names.ts';

/** Where a value holds something that looks like a secret, by the same rules by which it would be masked; what is empty is none. */
export function secretPaths(value: unknown, path: string, hidden = false): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => secretPaths(item, `${path}[${index}]`, hidden));
  if (!isRecord(value)) return hidden && value !== undefined && value !== null && value !== '' ? [path] : [];
  const hides = hidesOf(value);
  return Object.entries(value).flatMap(([key, item]) => secretPaths(item, joinPath(path, key), hidden || hides(key)));
}
