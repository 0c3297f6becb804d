import { isRecord } from './diff.ts';

export type Values = Readonly<Record<string, unknown>>;

/** `over` laid over `base` as helm merges values: maps key by key, everything else (lists too) as a whole. A null stays: for helm it removes the chart's own default. */
export function mergeValues(base: Values, over: Values): Values {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const before = merged.get(key);
    merged.set(key, isRecord(before) && isRecord(value) ? mergeValues(before, value) : value);
  }
  return Object.fromEntries(merged);
}

/** The values a chart's templates see: its defaults with the given ones over them, and without what a null took away. This is what `values.schema.json` speaks about. */
export const effectiveValues = (defaults: Values, given: Values): Values => withoutNulls(mergeValues(defaults, given), given);

/** Only nulls that were given remove; a null among the defaults is a value. */
function withoutNulls(merged: Values, given: Values): Values {
  return Object.fromEntries(
    Object.entries(merged).flatMap(([key, value]) => {
      const over = Object.hasOwn(given, key) ? given[key] : undefined;
      if (over === null) return [];
      return [[key, isRecord(value) && isRecord(over) ? withoutNulls(value, over) : value]];
    }),
  );
}
