import type { Variable, VariableType } from '@slipway/model';
import { expected } from '@slipway/model/browser';
import type { YamlPath } from '../../yaml/edit-yaml.ts';
import type { Schema } from '../../yaml/schema.ts';

export interface VariableField {
  readonly path: YamlPath;
  readonly label: string;
  readonly required: boolean;
  readonly schema: Schema;
}

const LONG = 64 * 1024;
/** What the control itself says of these is enough. */
const SELF_EVIDENT: readonly VariableType[] = ['number', 'enum', 'boolean', 'string', 'multiline', 'secret'];

/** What a consumer is asked for, in the order of the profile: not what is hidden, nor what only the profile says. A secret goes where nobody can read it back. */
export function variableFields(declared: readonly Variable[]): VariableField[] {
  return declared
    .filter(({ hidden, readOnly }) => !hidden && !readOnly)
    .map((variable) => ({
      path: ['spec', variable.type === 'secret' ? 'secretVariables' : 'variables', variable.name],
      label: variable.displayName ?? variable.name,
      required: variable.required && variable.default === undefined,
      schema: { ...shapeOf(variable), description: aboutOf(variable), default: variable.default },
    }));
}

function aboutOf(variable: Variable): string {
  const { description, immutable, pattern, type } = variable;
  return [
    description,
    ...(SELF_EVIDENT.includes(type) && pattern === undefined ? [] : [`It is ${expected(variable)}.`]),
    ...(immutable ? ['It cannot be changed later.'] : []),
  ]
    .filter(Boolean)
    .join(' ');
}

/** The control for values of a type, within its limits. */
export function shapeOf({ type, min, max, minLength, maxLength, options }: Variable): Schema {
  switch (type) {
    case 'number':
      return { type: 'number', ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) };
    case 'boolean':
      return { type: 'boolean' };
    case 'enum':
      return { type: 'string', enum: options ?? [] };
    case 'list':
      return { type: 'array', items: { type: 'string' } };
    case 'secret':
      return { type: 'string', format: 'password' };
    case 'multiline':
    case 'base64':
      return { type: 'string', maxLength: LONG };
    default:
      return { type: 'string', ...(minLength === undefined ? {} : { minLength }), ...(maxLength === undefined ? {} : { maxLength }) };
  }
}
