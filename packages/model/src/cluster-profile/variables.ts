import type { FieldCause } from '@slipway/kit';
import { forbiddenField, invalidField, listOf, requiredField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import { MASK } from '../meta/mask.ts';
import { checkPattern } from './pattern.ts';
import { checkValue, expected, isText } from './variable-value.ts';
import type { Variable, VariableValue } from './variable.ts';

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
    const misplaced = Object.hasOwn(given, variable.name) ? misplacement(variable) : undefined;
    if (misplaced !== undefined) {
      causes.push(forbiddenField(field, misplaced));
      continue;
    }
    // Checked where it is opened.
    if (variable.type === 'secret') {
      values[variable.name] = MASK;
      continue;
    }
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

/** Why a cluster may not give this variable among the others. */
function misplacement({ name, type, readOnly }: Variable): string | undefined {
  if (type === 'secret') return `is a secret: give it in spec.secretVariables.${name}, where nobody can read it`;
  return readOnly ? 'is read-only: the profile says what it is' : undefined;
}

/** A value that satisfies the variable as far as can be told, for checking a profile whose required variables nobody has set yet. */
export function sampleValue(variable: Variable): VariableValue {
  if (variable.default !== undefined) return variable.default;
  return SAMPLES[variable.type] ?? zeroOf(variable);
}

const SAMPLES: Partial<Record<Variable['type'], VariableValue>> = {
  string: 'sample',
  multiline: 'sample',
  secret: 'sample',
  version: '1.0.0',
  ipv4: '192.0.2.1',
  ipv4cidr: '192.0.2.0/24',
  ipv6: '2001:db8::1',
  ipv6cidr: '2001:db8::/64',
  base64: 'c2FtcGxl',
};

/** What an optional variable is that nobody set. */
export function zeroOf(variable: Variable): VariableValue {
  if (variable.type === 'number') return Math.min(Math.max(0, variable.min ?? 0), variable.max ?? Number.POSITIVE_INFINITY);
  if (variable.type === 'boolean') return false;
  if (variable.type === 'list') return [];
  return variable.type === 'enum' ? (variable.options?.[0] ?? '') : '';
}

/** Problems of the declarations themselves. Paths start with `path`, such as `spec.versions[0].variables`. */
export function checkDeclarations(declared: readonly Variable[], path: string): FieldCause[] {
  const seen = new Set<string>();
  const shown = new Map<string, string>();
  return declared.flatMap((variable, index) => {
    const field = joinPath(path, index);
    const causes = checkDeclaration(variable, field);
    if (seen.has(variable.name)) {
      causes.unshift({ field: `${field}.name`, message: `"${variable.name}" is declared twice`, reason: 'FieldValueDuplicate' });
    }
    seen.add(variable.name);
    const title = variable.displayName ?? variable.name;
    const twin = shown.get(title);
    if (twin !== undefined && twin !== variable.name) {
      causes.push({
        field: `${field}.displayName`,
        message: `"${title}" is also what "${twin}" is shown as`,
        reason: 'FieldValueDuplicate',
      });
    }
    shown.set(title, variable.name);
    return causes;
  });
}

function checkDeclaration(variable: Variable, field: string): FieldCause[] {
  const causes = [...checkLimits(variable, field), ...checkOptions(variable, field)];
  const badPattern = variable.pattern === undefined ? undefined : (patternMisplaced(variable) ?? checkPattern(variable.pattern));
  if (badPattern !== undefined) causes.push(invalidField(`${field}.pattern`, badPattern));
  const badDefault = badPattern !== undefined || causes.length > 0 ? undefined : defaultProblem(variable);
  if (badDefault !== undefined) causes.push(invalidField(`${field}.default`, badDefault));
  return [...causes, ...checkManner(variable, field)];
}

function patternMisplaced({ type }: Variable): string | undefined {
  const may = type === 'string' || type === 'multiline' || type === 'secret' || type === 'list';
  return may ? undefined : 'a pattern is for variables of type string, multiline, secret and list';
}

function checkLimits(variable: Variable, field: string): FieldCause[] {
  const { type, min, max, minLength, maxLength } = variable;
  const causes: FieldCause[] = [];
  if (type !== 'number' && (min !== undefined || max !== undefined)) {
    causes.push(forbiddenField(field, 'min and max are for variables of type number'));
  }
  if (min !== undefined && max !== undefined && min > max) {
    causes.push(invalidField(`${field}.min`, `must not be greater than max (${max})`));
  }
  const hasLength = minLength !== undefined || maxLength !== undefined;
  if (hasLength && (type === 'enum' || !(isText(type) || type === 'list'))) {
    causes.push(forbiddenField(field, 'minLength and maxLength are for texts and lists'));
  }
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
    causes.push(invalidField(`${field}.minLength`, `must not be greater than maxLength (${maxLength})`));
  }
  return causes;
}

function checkOptions({ type, options }: Variable, field: string): FieldCause[] {
  if (type === 'enum') {
    return (options ?? []).length === 0 ? [requiredField(`${field}.options`, 'an enum needs at least one option')] : [];
  }
  return options === undefined ? [] : [forbiddenField(`${field}.options`, 'options are for variables of type enum')];
}

function defaultProblem(variable: Variable): string | undefined {
  if (variable.default === undefined) return undefined;
  if (variable.type === 'secret') return 'a secret has no default: it would stand in the profile for everybody to read; clusters give it';
  return checkValue(variable, variable.default);
}

/** Who cannot be asked must have been answered. */
function checkManner(variable: Variable, field: string): FieldCause[] {
  const given = variable.default !== undefined;
  const causes: FieldCause[] = [];
  if (variable.readOnly && !given) {
    causes.push(requiredField(`${field}.default`, 'a read-only variable needs a default: clusters cannot set it'));
  }
  if (variable.hidden && variable.required && !given) {
    causes.push(requiredField(`${field}.default`, 'a hidden variable that is required needs a default: nobody is asked for it'));
  }
  return causes;
}
