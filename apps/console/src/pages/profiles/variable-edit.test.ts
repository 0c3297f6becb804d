import type { Variable } from '@slipway/model';
import { VARIABLE_TYPES } from '@slipway/model/browser-profiles';
import { expect, it } from 'vitest';
import { causesOfVariable, definitionFields, fittedToType, whyVariableStays, withNewVariable, withVariableAt } from './variable-edit.ts';

const base = { description: '', required: false, hidden: false, readOnly: false, immutable: false };
const variable = (name: string, more: Partial<Variable> = {}): Variable => ({ ...base, name, type: 'string', ...more });

it('another type takes along what it has a use for, and nothing that would be refused', () => {
  const number = variable('a', { type: 'number', default: 3, min: 1, max: 5, required: true });
  expect(fittedToType({ ...number, type: 'string' }, 'number')).toEqual(variable('a', { required: true }));
  const text = variable('a', { default: '10.0.0.1', pattern: '^.*$', minLength: 2 });
  expect(fittedToType({ ...text, type: 'ipv4' }, 'string')).toEqual(variable('a', { type: 'ipv4', default: '10.0.0.1', minLength: 2 }));
  expect(fittedToType({ ...text, type: 'secret' }, 'string').default).toBeUndefined();
  expect(fittedToType({ ...text, type: 'enum' }, 'string')).toEqual(variable('a', { type: 'enum', options: [''] }));
  expect(fittedToType(number, 'number')).toEqual(number);
});

it.each(VARIABLE_TYPES)('asks of a %s for everything that the model has of it, and for nothing it refuses', (type) => {
  const names = definitionFields(variable('a', { type })).map(({ path }) => path[0]);
  expect(names).toEqual(expect.arrayContaining(['type', 'displayName', 'description', 'required', 'immutable', 'hidden', 'readOnly']));
  expect(names.includes('default')).toBe(type !== 'secret');
  expect(names.includes('options')).toBe(type === 'enum');
  expect(names.includes('min')).toBe(type === 'number');
});

it('new ones get a free name, and places beyond the ends are none', () => {
  const version: any = { variables: [variable('variable'), variable('b')], layers: [] };
  expect(withNewVariable(version).name).toBe('variable2');
  expect(withNewVariable(version, 'host').version.variables.map(({ name }) => name)).toEqual(['variable', 'b', 'host']);
  expect(withVariableAt(version, 'b', 0).variables.map(({ name }) => name)).toEqual(['b', 'variable']);
  expect(withVariableAt(version, 'b', 2)).toBe(version);
});

it('says what is wrong with one, and why one stays', () => {
  const causes = [
    { field: 'spec.versions[2].variables[1].min', message: 'x' },
    { field: 'spec.versions[2].variables[11].min', message: 'y' },
    { field: 'spec.versions[2].layers[1].name', message: 'z' },
  ];
  expect(causesOfVariable(causes, 1)).toEqual([{ field: 'min', message: 'x' }]);
  expect(whyVariableStays([])).toBeUndefined();
  expect(
    whyVariableStays([
      { variable: 'a', layer: 'web', path: 'values.a' },
      { variable: 'a', layer: 'web', path: 'values.b' },
    ]),
  ).toBe('layer “web” uses it: take the reference out first.');
});
