import { z } from 'zod';
import type { VariableType } from './variable-types.ts';
import type { Variable, VariableValue } from './variable.ts';
import { expected } from './variable-words.ts';

/** Longest text a variable may hold; shorter when a pattern is matched against it, so that no pattern can take long. */
export const MAX_VALUE = 4096;
export const MAX_LONG_VALUE = 64 * 1024;
export const MAX_PATTERN_VALUE = 256;

const LONG = new Set<VariableType>(['multiline', 'base64', 'secret']);

/** Types whose values are texts of a fixed form. */
const FORMS: Partial<Record<VariableType, (text: string) => boolean>> = {
  version: (text) => /^v?\d+(\.\d+){1,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.test(text),
  ipv4: by(z.ipv4()),
  ipv4cidr: by(z.cidrv4()),
  ipv6: by(z.ipv6()),
  ipv6cidr: by(z.cidrv6()),
  base64: by(z.base64()),
};

function by(schema: z.ZodType): (text: string) => boolean {
  return (text) => schema.safeParse(text).success;
}

/** What is wrong with a value, and what would be right; undefined when it is fine. Texts are not repeated: a variable may hold a secret. */
export function checkValue(variable: Variable, value: VariableValue): string | undefined {
  const should = `must be ${expected(variable)}`;
  switch (variable.type) {
    case 'number': {
      const fits =
        typeof value === 'number' && Number.isFinite(value) && value >= (variable.min ?? -Infinity) && value <= (variable.max ?? Infinity);
      return fits ? undefined : `${should}, not ${show(value)}`;
    }
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${should}, not ${show(value)}`;
    case 'enum':
      return typeof value === 'string' && variable.options?.includes(value) ? undefined : `${should}; not ${show(value)}`;
    case 'list':
      return checkList(variable, value, should);
    default:
      return checkText(variable, value, should);
  }
}

function checkText(variable: Variable, value: VariableValue, should: string): string | undefined {
  if (typeof value !== 'string') return `${should}, not ${show(value)}; put it in quotes`;
  if (variable.required && value === '') return 'is required and must not be empty';
  // What is optional may be left empty, whatever form it would have.
  if (value === '' && FORMS[variable.type] !== undefined) return undefined;
  const form = FORMS[variable.type];
  if (form !== undefined && !form(value)) return `${should}, not ${show(value)}`;
  return checkLength(variable, value.length, 'characters') ?? checkMatch(variable, value, should);
}

function checkLength(variable: Variable, length: number, what: string): string | undefined {
  const { minLength = 0, pattern, type } = variable;
  const most = type === 'list' ? Infinity : pattern !== undefined ? MAX_PATTERN_VALUE : LONG.has(type) ? MAX_LONG_VALUE : MAX_VALUE;
  const limit = Math.min(variable.maxLength ?? Infinity, most);
  if (length > limit) return `must have at most ${limit} ${what}, not ${length}`;
  return length < minLength ? `must have at least ${minLength} ${what}, not ${length}` : undefined;
}

function checkMatch({ pattern }: Variable, value: string, should: string): string | undefined {
  if (pattern === undefined || new RegExp(pattern, 'u').test(value)) return undefined;
  return should;
}

function checkList(variable: Variable, value: VariableValue, should: string): string | undefined {
  if (!Array.isArray(value)) return `${should}, not ${show(value)}`;
  if (variable.required && value.length === 0) return 'is required and must not be empty';
  const length = checkLength(variable, value.length, 'items');
  if (length !== undefined) return length;
  for (const [index, item] of value.entries()) {
    if (typeof item === 'string' && item.length > MAX_VALUE) return `item ${index} must have at most ${MAX_VALUE} characters`;
    if (variable.pattern === undefined) continue;
    const fits = typeof item === 'string' && item.length <= MAX_PATTERN_VALUE && checkMatch(variable, item, should) === undefined;
    if (!fits) return `item ${index} must be a text of at most ${MAX_PATTERN_VALUE} characters that matches ${variable.pattern}`;
  }
  return undefined;
}

/** `the number 3`, `the given text`. */
function show(value: VariableValue): string {
  if (typeof value === 'string') return 'the given text';
  if (Array.isArray(value)) return 'the given list';
  return typeof value === 'boolean' ? `the boolean ${value}` : String(value);
}
