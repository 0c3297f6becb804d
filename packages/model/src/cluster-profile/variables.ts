import { forbiddenField, invalidField, listOf, requiredField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import type { FieldCause } from '@slipway/kit';
import type { Variable } from './cluster-profile.ts';

export type VariableValue = string | number | boolean;

/** Longest text a variable may hold; shorter when a pattern is matched against it, so that no pattern can take long. */
export const MAX_VALUE = 4096;
export const MAX_PATTERN_VALUE = 256;

export interface VariablesOutcome {
  readonly values: Readonly<Record<string, VariableValue>>;
  readonly causes: readonly FieldCause[];
}

/** Fills in defaults and checks every given value. Paths of causes start with `path`, such as `spec.variables`. */
export function resolveVariables(
  declared: readonly Variable[],
  given: Readonly<Record<string, VariableValue>>,
  path = 'spec.variables',
): VariablesOutcome {
  const causes: FieldCause[] = [];
  const values: Record<string, VariableValue> = {};
  for (const name of Object.keys(given)) {
    if (declared.some((variable) => variable.name === name)) continue;
    const known = listOf(declared.map((variable) => variable.name));
    causes.push(forbiddenField(joinPath(path, name), `the profile has no variable "${name}"; it has: ${known}`));
  }
  for (const variable of declared) {
    const field = joinPath(path, variable.name);
    const value = Object.hasOwn(given, variable.name) ? given[variable.name] : variable.default;
    if (value === undefined) {
      if (variable.required) causes.push(requiredField(field, `is required: ${expected(variable)}`));
      else values[variable.name] = zeroOf(variable);
      continue;
    }
    const problem = checkValue(variable, value);
    if (problem === undefined) values[variable.name] = value;
    else causes.push(invalidField(field, problem));
  }
  return { values, causes };
}

/** A value that satisfies the variable as far as can be told, for checking a profile whose required variables nobody has set yet. */
export function sampleValue(variable: Variable): VariableValue {
  if (variable.default !== undefined) return variable.default;
  if (variable.type === 'number') return variable.min ?? variable.max ?? 0;
  if (variable.type === 'enum') return variable.options?.[0] ?? '';
  return variable.type === 'boolean' ? false : 'sample';
}

function zeroOf(variable: Variable): VariableValue {
  if (variable.type === 'number') return Math.min(Math.max(0, variable.min ?? 0), variable.max ?? Number.POSITIVE_INFINITY);
  if (variable.type === 'boolean') return false;
  return variable.type === 'enum' ? (variable.options?.[0] ?? '') : '';
}

function expected(variable: Variable): string {
  switch (variable.type) {
    case 'number':
      return `a number${rangeOf(variable)}`;
    case 'boolean':
      return 'true or false';
    case 'enum':
      return `one of: ${listOf(variable.options ?? [])}`;
    case 'string':
      return variable.pattern === undefined ? 'a text' : `a text that matches ${variable.pattern}`;
  }
}

function rangeOf({ min, max }: Variable): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}

/** What is wrong with a value, and what would be right; undefined when it is fine. */
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
    case 'string':
      return checkText(variable, value, should);
  }
}

function checkText(variable: Variable, value: VariableValue, should: string): string | undefined {
  if (typeof value !== 'string') return `${should}, not the ${typeof value} ${show(value)}; put it in quotes`;
  if (variable.required && value === '') return 'is required and must not be empty';
  const limit = variable.pattern === undefined ? MAX_VALUE : MAX_PATTERN_VALUE;
  if (value.length > limit) return `must have at most ${limit} characters, not ${value.length}`;
  if (variable.pattern === undefined || new RegExp(variable.pattern, 'u').test(value)) return undefined;
  return should;
}

/** Texts are not repeated in errors: a variable may hold a secret. */
const show = (value: VariableValue): string => (typeof value === 'string' ? 'the given text' : String(value));

/** Problems of the declarations themselves. Paths start with `path`, such as `spec.versions[0].variables`. */
export function checkDeclarations(declared: readonly Variable[], path: string): FieldCause[] {
  return declared.flatMap((variable, index) => {
    const field = joinPath(path, index);
    const causes: FieldCause[] = [];
    if (declared.findIndex((other) => other.name === variable.name) !== index) {
      causes.push({ field: `${field}.name`, message: `"${variable.name}" is declared twice`, reason: 'FieldValueDuplicate' });
    }
    if (variable.type !== 'number' && (variable.min !== undefined || variable.max !== undefined)) {
      causes.push(forbiddenField(field, 'min and max are for variables of type number'));
    }
    if (variable.min !== undefined && variable.max !== undefined && variable.min > variable.max) {
      causes.push(invalidField(`${field}.min`, `must not be greater than max (${variable.max})`));
    }
    if (variable.type === 'enum' && (variable.options ?? []).length === 0) {
      causes.push(requiredField(`${field}.options`, 'an enum needs at least one option'));
    }
    if (variable.type !== 'enum' && variable.options !== undefined) {
      causes.push(forbiddenField(`${field}.options`, 'options are for variables of type enum'));
    }
    const badPattern = variable.pattern === undefined ? undefined : checkPattern(variable);
    if (badPattern !== undefined) causes.push(invalidField(`${field}.pattern`, badPattern));
    const badDefault = badPattern !== undefined || variable.default === undefined ? undefined : checkValue(variable, variable.default);
    if (badDefault !== undefined) causes.push(invalidField(`${field}.default`, badDefault));
    return causes;
  });
}

/**
 * Why a pattern is refused. Node's regular expressions backtrack, so a pattern from a user could stall the hub: what can take exponential time (a repeated group that
 * itself repeats or chooses, back-references, look-around) is not allowed, and few unbounded repeats are.
 */
function checkPattern({ type, pattern = '' }: Variable): string | undefined {
  if (type !== 'string') return 'a pattern is for variables of type string';
  if (!pattern.startsWith('^') || !pattern.endsWith('$')) return 'must be anchored: start with ^ and end with $';
  try {
    void new RegExp(pattern, 'u');
  } catch {
    return 'is not a valid regular expression';
  }
  return dangerOf(pattern);
}

interface Group {
  busy: boolean;
  alternatives: number;
}

/** Bits of choice a pattern may hold: an upper bound of 2^25 paths a failing match can try, a fraction of a second. */
const MAX_CHOICE = 25;
/** What an unbounded repeat adds: it may end after any of 256 characters. */
const UNBOUNDED_CHOICE = 8;

function dangerOf(pattern: string): string | undefined {
  const whole: Group = { busy: false, alternatives: 1 };
  const groups: Group[] = [whole];
  let choice = 0;
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at);
    if (/^\\[1-9k]/.test(rest)) return 'must not use back-references';
    if (/^\(\?(?!:)/.test(rest)) return 'must not use look-around or named groups; (?:…) is fine';
    const group = groups.at(-1) ?? whole;
    if (rest.startsWith('\\')) at++;
    else if (rest.startsWith('[')) at = endOfClass(pattern, at);
    else if (rest.startsWith('(')) {
      groups.push({ busy: false, alternatives: 1 });
      if (rest[1] === '?') at += 2;
    } else if (rest.startsWith(')')) {
      groups.pop();
      choice += Math.log2(group.alternatives);
      if (group.busy && repeats(rest.slice(1))) return 'must not repeat a group that itself repeats or chooses (it could take forever)';
    } else {
      const bits = choiceOf(rest);
      choice += bits;
      if (rest.startsWith('|')) group.alternatives++;
      if (bits > 0 || rest.startsWith('|')) for (const open of groups) open.busy = true;
    }
  }
  return choice + Math.log2(whole.alternatives) > MAX_CHOICE
    ? 'has too many repeats and choices (it could take forever): use fewer of * + ? {} and |'
    : undefined;
}

/** Bits of choice of the quantifier at the start of the text: 0 when there is none, or only one way to match it. */
function choiceOf(rest: string): number {
  if (/^[*+]/.test(rest)) return UNBOUNDED_CHOICE;
  if (rest.startsWith('?')) return 1;
  const [, least = '', comma = '', most = ''] = /^\{(\d+)(,?)(\d*)\}/.exec(rest) ?? [];
  if (least === '' || comma === '') return 0;
  return most === '' ? UNBOUNDED_CHOICE : Math.min(UNBOUNDED_CHOICE, Math.log2(Number(most) - Number(least) + 1));
}

/** Whether the text starts with a quantifier that allows more than one repeat. */
const repeats = (rest: string): boolean => /^[*+]|^\{(?!0,?1?\}|1\})\d/.test(rest);

function endOfClass(pattern: string, start: number): number {
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === ']') return at;
  }
  return pattern.length;
}
