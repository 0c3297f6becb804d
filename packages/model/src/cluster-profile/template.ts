import type { FieldCause } from '@slipway/kit';
import { invalidField, listOf } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import type { VariableValue } from './variable.ts';

/** `{{ .var.name }}`, also with trim marks as Helm users write them. Everything else in double braces is left alone: it may be the chart's own template. */
const REFERENCE = /\{\{-?\s*\.var\.([a-zA-Z][a-zA-Z0-9_]*)\s*-?\}\}/g;
const EXACT = new RegExp(`^\\s*${REFERENCE.source}\\s*$`);
const ALMOST = /\{\{-?\s*\.var\b/;

export type Lookup = Readonly<Record<string, VariableValue>>;

/** What {@link fillIn} found wrong is added to `causes`. */
export interface FillScope {
  readonly values: Lookup;
  readonly causes: FieldCause[];
}

/** Every string of `value` with its references replaced. A string that is exactly one reference becomes the variable's value with its type. */
export function fillIn(value: unknown, path: string, scope: FillScope): unknown {
  if (typeof value === 'string') return fillInText(value, path, scope);
  if (Array.isArray(value)) return value.map((item, index) => fillIn(item, joinPath(path, index), scope));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [String(fillInText(key, path, scope)), fillIn(item, joinPath(path, key), scope)]),
  );
}

function fillInText(text: string, path: string, scope: FillScope): VariableValue {
  if (!text.includes('{{')) return text;
  const exact = EXACT.exec(text);
  if (exact?.[1] !== undefined) return lookup(exact[1], path, scope);
  const filled = text.replace(REFERENCE, (_, name: string) => String(lookup(name, path, scope)));
  if (ALMOST.test(text.replace(REFERENCE, ''))) {
    scope.causes.push(invalidField(path, 'holds a malformed reference; it must look like {{ .var.name }}'));
  }
  return filled;
}

/** As {@link fillIn} for one text that must stay text, such as a chart's version. */
export const fillInString = (text: string, path: string, scope: FillScope): string => String(fillInText(text, path, scope));

function lookup(name: string, path: string, scope: FillScope): VariableValue {
  const value = Object.hasOwn(scope.values, name) ? scope.values[name] : undefined;
  if (value !== undefined) return value;
  const known = listOf(Object.keys(scope.values));
  scope.causes.push(invalidField(path, `uses the variable "${name}", which the profile does not declare; it declares: ${known}`));
  return '';
}

/**
 * Text in which every reference is a plain word, so that YAML with unquoted references can be parsed first and filled in afterwards: a value can then never change
 * the structure around it. `restore` puts the references back into a parsed string.
 */
export function hideReferences(text: string): { text: string; restore: (parsed: string) => string } {
  let word = 'slipwayref';
  while (text.includes(word)) word += 'x';
  const references: string[] = [];
  const hidden = text.replace(REFERENCE, (reference) => `${word}${references.push(reference) - 1}end`);
  const pattern = new RegExp(`${word}(\\d+)end`, 'g');
  return { text: hidden, restore: (parsed) => parsed.replace(pattern, (_, index: string) => references[Number(index)] ?? '') };
}
