import type { FieldCause } from '@slipway/kit/errors';
import type { ProfileVersion, Variable } from '@slipway/model';
import { typeTakes, VARIABLE_TYPES, type VariableUse } from '@slipway/model/browser-profiles';
import type { YamlPath } from '../../yaml/edit-yaml.ts';
import type { Schema } from '../../yaml/schema.ts';
import { shapeOf } from '../create-cluster/variable-fields.ts';

export const withVariable = (version: ProfileVersion, name: string, change: (variable: Variable) => Variable): ProfileVersion => ({
  ...version,
  variables: version.variables.map((one) => (one.name === name ? change(one) : one)),
});

export const withoutVariable = (version: ProfileVersion, name: string): ProfileVersion => ({
  ...version,
  variables: version.variables.filter((one) => one.name !== name),
});

/** The version with one variable more; without a name, under one that is free. */
export function withNewVariable(version: ProfileVersion, wanted?: string): { readonly version: ProfileVersion; readonly name: string } {
  const taken = new Set(version.variables.map(({ name }) => name));
  let name = wanted ?? 'variable';
  for (let number = 2; taken.has(name); number++) name = `variable${number}`;
  const made: Variable = { name, type: 'string', description: '', required: false, hidden: false, readOnly: false, immutable: false };
  return { version: { ...version, variables: [...version.variables, made] }, name };
}

/** Variables are asked for in their order; a place beyond the ends is none. */
export function withVariableAt(version: ProfileVersion, name: string, to: number): ProfileVersion {
  const moved = version.variables.find((one) => one.name === name);
  if (moved === undefined || to < 0 || to >= version.variables.length) return version;
  return { ...version, variables: version.variables.filter((one) => one !== moved).toSpliced(to, 0, moved) };
}

const OTHERS_THAN_TEXT: readonly Variable['type'][] = ['number', 'boolean', 'list', 'enum'];

/** A declaration without what its type does not take, which would be refused; what it takes stays. */
export function fittedToType(variable: Variable, before: Variable['type']): Variable {
  const { min, max, minLength, maxLength, pattern, options, default: preset, ...rest } = variable;
  const takes = typeTakes(variable.type);
  // A text may be one of the new type too; the hub says so when it is not.
  const keeps = before === variable.type || (takes.default && typeof preset === 'string' && !OTHERS_THAN_TEXT.includes(variable.type));
  return {
    ...rest,
    ...given({ default: keeps ? preset : undefined }),
    ...(takes.range ? given({ min, max }) : {}),
    ...(takes.length ? given({ minLength, maxLength }) : {}),
    ...(takes.pattern ? given({ pattern }) : {}),
    ...(takes.options ? { options: options ?? [''] } : {}),
  };
}

const given = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

export interface DefinitionField {
  readonly path: YamlPath;
  readonly label: string;
  readonly schema: Schema;
}

const field = (name: keyof Variable, label: string, schema: Schema): DefinitionField => ({ path: [name], label, schema });
const flag = (name: keyof Variable, label: string, description: string) => field(name, label, { type: 'boolean', description });

/** What can be said of a variable, by its type. The default has the control that consumers have. */
export function definitionFields(variable: Variable): readonly DefinitionField[] {
  const takes = typeTakes(variable.type);
  const items = variable.type === 'list';
  return [
    field('type', 'Type', { type: 'string', enum: VARIABLE_TYPES, description: 'Secrets are encrypted and never shown again.' }),
    field('displayName', 'Display name', { type: 'string', description: 'What people read instead of the name.' }),
    field('description', 'Description', { type: 'string', description: 'Stands below the field.' }),
    ...(takes.options
      ? [field('options', 'Options', { type: 'array', items: { type: 'string' }, description: 'In the order they are offered.' })]
      : []),
    ...(takes.default
      ? [field('default', 'Default', { ...shapeOf(variable), description: 'May refer to other variables, macros and the cluster.' })]
      : []),
    ...(takes.range ? [field('min', 'Smallest', { type: 'number' }), field('max', 'Largest', { type: 'number' })] : []),
    ...(takes.length
      ? [
          field('minLength', items ? 'Fewest items' : 'Shortest', { type: 'integer' }),
          field('maxLength', items ? 'Most items' : 'Longest', { type: 'integer' }),
        ]
      : []),
    ...(takes.pattern
      ? [
          field('pattern', 'Pattern', {
            type: 'string',
            description: `A regular expression from ^ to $${items ? ', for each item' : ''}.`,
          }),
        ]
      : []),
    flag('required', 'Required', 'A cluster must give it, unless there is a default.'),
    flag('immutable', 'Said once', 'A cluster says it when it is made and never again.'),
    flag('hidden', 'Hidden', 'Nobody is asked; set by those who know it.'),
    flag('readOnly', 'Read-only', 'Clusters cannot set it: it has its default.'),
  ];
}

/** Causes of one variable of a version, by their fields within it. */
export function causesOfVariable(causes: readonly FieldCause[], index: number): { readonly field: string; readonly message: string }[] {
  return causes.flatMap(({ field: at = '', message }) => {
    const [, found, rest = ''] = /^spec\.versions\[\d+\]\.variables\[(\d+)\]\.?(.*)$/.exec(at) ?? [];
    return Number(found ?? NaN) === index ? [{ field: rest, message }] : [];
  });
}

/** Why a variable cannot be taken out: something refers to it. */
export function whyVariableStays(uses: readonly VariableUse[]): string | undefined {
  const users = [...new Set(uses.map(({ layer, path }) => (layer === undefined ? path : `layer “${layer}”`)))];
  return users.length === 0 ? undefined : `${users.join(', ')} ${users.length === 1 ? 'uses' : 'use'} it: take the reference out first.`;
}
