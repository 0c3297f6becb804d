import type { FieldCause } from '@slipway/kit';
import { forbiddenField, invalidField, requiredField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import { checkPattern } from './pattern.ts';
import { typeTakes } from './variable-types.ts';
import { checkValue } from './variable-value.ts';
import type { Variable } from './variable.ts';

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
  return typeTakes(type).pattern ? undefined : 'a pattern is for variables of type string, multiline, secret and list';
}

function checkLimits(variable: Variable, field: string): FieldCause[] {
  const { type, min, max, minLength, maxLength } = variable;
  const causes: FieldCause[] = [];
  if (!typeTakes(type).range && (min !== undefined || max !== undefined)) {
    causes.push(forbiddenField(field, 'min and max are for variables of type number'));
  }
  if (min !== undefined && max !== undefined && min > max) {
    causes.push(invalidField(`${field}.min`, `must not be greater than max (${max})`));
  }
  const hasLength = minLength !== undefined || maxLength !== undefined;
  if (hasLength && !typeTakes(type).length) {
    causes.push(forbiddenField(field, 'minLength and maxLength are for texts and lists'));
  }
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
    causes.push(invalidField(`${field}.minLength`, `must not be greater than maxLength (${maxLength})`));
  }
  return causes;
}

function checkOptions({ type, options }: Variable, field: string): FieldCause[] {
  if (typeTakes(type).options) {
    return (options ?? []).length === 0 ? [requiredField(`${field}.options`, 'an enum needs at least one option')] : [];
  }
  return options === undefined ? [] : [forbiddenField(`${field}.options`, 'options are for variables of type enum')];
}

function defaultProblem(variable: Variable): string | undefined {
  if (variable.default === undefined) return undefined;
  if (!typeTakes(variable.type).default)
    return 'a secret has no default: it would stand in the profile for everybody to read; clusters give it';
  // One that refers to something is checked when that is known.
  return JSON.stringify(variable.default).includes('{{') ? undefined : checkValue(variable, variable.default);
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
