import { isRecord } from './diff.ts';

export type PathStep = string | number;

const STEP = /(?:^|(?<=.)\.)([A-Za-z_][\w-]*)|\[(\d{1,6})\]|\[("(?:[^"\\]|\\.)*")\]/gy;

/** The steps of a path as `joinPath` writes it: `a.b[0]["x.y"]` is `['a', 'b', 0, 'x.y']`. Undefined when it is not one. */
export function splitPath(path: string): PathStep[] | undefined {
  const steps: PathStep[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (!match) return undefined;
    const [, word, index, quoted] = match;
    const step = word ?? (index === undefined ? unquoted(quoted ?? '') : Number(index));
    if (step === undefined) return undefined;
    steps.push(step);
  }
  return steps;
}

function unquoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What is at a place of a value; undefined when there is nothing. */
export function valueAt(value: unknown, steps: readonly PathStep[]): unknown {
  let at = value;
  for (const step of steps) {
    if (Array.isArray(at)) at = typeof step === 'number' ? at[step] : undefined;
    else at = isRecord(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }
  return at;
}

/** The value with another one at that place, and maps on the way made where there are none. The given value stays as it is. */
export function withValueAt(value: unknown, steps: readonly PathStep[], content: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return content;
  if (Array.isArray(value) && typeof step === 'number')
    return value.map((item, index) => (index === step ? withValueAt(item, rest, content) : item));
  const record = isRecord(value) ? value : {};
  const before = Object.hasOwn(record, step) ? record[String(step)] : undefined;
  return withOwn(record, String(step), withValueAt(before, rest, content));
}

/** The value without what is at that place; items of a list move up. */
export function withoutValueAt(value: unknown, steps: readonly PathStep[]): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || valueAt(value, steps) === undefined) return value;
  if (Array.isArray(value)) {
    return rest.length === 0
      ? value.filter((_, index) => index !== step)
      : value.map((item, index) => (index === step ? withoutValueAt(item, rest) : item));
  }
  const record = value as Record<string, unknown>;
  if (rest.length > 0) return withOwn(record, String(step), withoutValueAt(record[String(step)], rest));
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== String(step)));
}

/** Also for a key like `__proto__`, which an assignment would take for something else. */
const withOwn = (record: Record<string, unknown>, key: string, value: unknown): Record<string, unknown> =>
  Object.fromEntries([...Object.entries(record).filter(([other]) => other !== key), [key, value]]);
