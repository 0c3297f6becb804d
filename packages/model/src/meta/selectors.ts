import { SlipwayError } from '@slipway/kit';
import type { ObjectScope } from './object-store.ts';
import type { ApiObject } from './object.ts';

/** One condition of a label or field selector; all of a selector's must hold. */
export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  readonly values: readonly string[];
}

const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** Splits at commas outside parentheses. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let current = '';
  for (const char of text) {
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === ',' && depth === 0) {
      terms.push(current);
      current = '';
    } else current += char;
  }
  terms.push(current);
  return terms.map((term) => term.trim());
}

function bad(text: string, why: string): SlipwayError {
  return new SlipwayError('BadRequest', `unable to parse selector "${text}": ${why}`, {
    hint: 'Write it like: env=prod,tier in (web,api),!legacy',
  });
}

/** Parses a label selector in Kubernetes' text form: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas. */
export function parseLabelSelector(text: string | undefined): Requirement[] {
  if (text === undefined || text.trim() === '') return [];
  if (text.length > 16_384) throw bad(`${text.slice(0, 40)}…`, 'it is longer than 16384 characters');
  return splitTerms(text).map((term) => checked(text, labelTerm(text, term)));
}

function labelTerm(text: string, term: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(term);
  if (set) {
    const values = (set[3] as string).split(',').map((value) => value.trim());
    return { key: set[1] as string, operator: set[2] as 'in' | 'notin', values };
  }
  const pair = /^([^=!\s]+)\s*(!=|==|=)\s*(\S*)$/.exec(term);
  if (pair) return { key: pair[1] as string, operator: pair[2] === '!=' ? 'notin' : 'in', values: [pair[3] as string] };
  const absent = /^!\s*(\S+)$/.exec(term);
  if (absent) return { key: absent[1] as string, operator: 'absent', values: [] };
  if (/^\S+$/.test(term)) return { key: term, operator: 'exists', values: [] };
  throw bad(text, term === '' ? 'a term between commas is empty' : `"${term}" is not a term`);
}

function checked(text: string, requirement: Requirement): Requirement {
  if (!KEY.test(requirement.key) || requirement.key.length > 317) throw bad(text, `"${requirement.key}" is not a label key`);
  const wrong = requirement.values.find((value) => !VALUE.test(value) || value.length > 63);
  if (wrong !== undefined) throw bad(text, `"${wrong}" is not a label value`);
  return requirement;
}

/** Parses a field selector: `path=value`, `path==value`, `path!=value`, joined by commas. A backslash escapes `,`, `=` and itself. */
export function parseFieldSelector(text: string | undefined): Requirement[] {
  if (text === undefined || text.trim() === '') return [];
  const terms = text.match(/(?:\\.|[^,\\])+/g) ?? [];
  return terms.map((term) => {
    const match = /^([A-Za-z0-9_.-]+)(!=|==|=)((?:\\.|[^\\])*)$/s.exec(term.trim());
    if (!match) throw bad(text, `"${term}" is not a field term; write it like: metadata.name=dev`);
    const value = (match[3] as string).replace(/\\(.)/gs, '$1');
    return { key: match[1] as string, operator: match[2] === '!=' ? 'notin' : 'in', values: [value] };
  });
}

/** `notin` and `!=` hold for objects without the label, as in Kubernetes. */
export function labelsMatch(requirements: readonly Requirement[], labels: Readonly<Record<string, string>> | undefined): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === 'exists') return value !== undefined;
    if (operator === 'absent') return value === undefined;
    return (value !== undefined && values.includes(value)) === (operator === 'in');
  });
}

/** The text of a field for a selector: empty when it is absent, as in Kubernetes. */
export function fieldText(object: unknown, path: string): string {
  let value = object;
  for (const part of path.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return '';
    value = (value as Record<string, unknown>)[part];
  }
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function fieldsMatch(requirements: readonly Requirement[], object: unknown): boolean {
  return requirements.every(({ key, operator, values }) => values.includes(fieldText(object, key)) === (operator === 'in'));
}

/** Whether an object is in one of the scopes; parse once, match often. */
export function scopesMatcher(scopes: readonly ObjectScope[]): (object: Pick<ApiObject, 'metadata' | 'spec'>) => boolean {
  const parsed = scopes.map((scope) => ({
    ...scope,
    labels: parseLabelSelector(scope.labelSelector),
    fields: parseFieldSelector(scope.fieldSelector),
  }));
  return (object) =>
    parsed.some(
      ({ projects, names, labels, fields }) =>
        (projects === undefined || projects.includes(object.metadata.namespace ?? '')) &&
        (names === undefined || names.includes(object.metadata.name)) &&
        labelsMatch(labels, object.metadata.labels) &&
        fieldsMatch(fields, object),
    );
}
