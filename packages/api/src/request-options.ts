import type { FastifyRequest } from 'fastify';
import { type FieldCause, SlipwayError } from '@slipway/kit';
import { type Kind, type ListQuery, storedField } from '@slipway/model';
import type { FieldValidation } from './kind-schema.ts';
import type { IncludeObject } from './table.ts';

export const queryOf = (request: FastifyRequest): URLSearchParams => new URL(request.raw.url ?? '/', 'http://hub').searchParams;

/** As Kubernetes reads a flag: there and neither `false` nor `0`. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value.toLowerCase() !== 'false' && value !== '0';
}

export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Strict';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw new SlipwayError('BadRequest', `fieldValidation must be Strict, Warn or Ignore, not "${value}".`);
}

/** `dryRun=All` in the query or in DeleteOptions. */
export function dryRunOf(query: URLSearchParams, inBody: readonly string[] = []): boolean {
  const given = [...query.getAll('dryRun'), ...inBody].filter((value) => value !== '');
  const wrong = given.find((value) => value !== 'All');
  if (wrong !== undefined) throw new SlipwayError('BadRequest', `dryRun must be All, not "${wrong}".`);
  return given.length > 0;
}

/** The manager of the fields that are written: as told, or the program that writes (`kubectl/v1.35 …` → `kubectl`). */
export function fieldManagerOf(query: URLSearchParams, userAgent: string | undefined): string {
  const told = query.get('fieldManager');
  if (told !== null && told !== '') {
    if (told.length > 128) throw new SlipwayError('BadRequest', 'fieldManager may have 128 characters.');
    return told;
  }
  return (userAgent ?? '').split('/')[0]?.slice(0, 128) || 'unknown';
}

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  return value === 'None' || value === 'Object' ? value : 'Metadata';
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new SlipwayError('BadRequest', `${name} must be a whole number, not "${text}".`);
}

export const timeoutSecondsOf = (query: URLSearchParams): number | undefined => wholeNumber(query, 'timeoutSeconds');

/** Characters of a selector, and terms and values in it together. */
const MAX_SELECTOR = 4096;
const MAX_TERMS = 200;

function selectorOf(query: URLSearchParams, name: 'labelSelector' | 'fieldSelector'): string {
  const text = query.get(name) ?? '';
  if (text.length > MAX_SELECTOR) throw new SlipwayError('BadRequest', `${name} may have ${MAX_SELECTOR} characters.`);
  if (text.split(',').length > MAX_TERMS) throw new SlipwayError('BadRequest', `${name} may have ${MAX_TERMS} terms and values.`);
  return text;
}

/** The list query of a request, its field selector limited to what the kind lets select. */
export function listQueryOf(kind: Kind, where: { tenant: string; project: string | undefined }, query: URLSearchParams): ListQuery {
  const labelSelector = selectorOf(query, 'labelSelector');
  const fieldSelector = selectorOf(query, 'fieldSelector').replaceAll(
    /(^|[^\\],)(\s*)([^=!,]+?)(?=\s*(?:!=|==?))/g,
    (_term, before: string, space: string, path: string) => {
      checkSelectable(kind, path);
      return `${before}${space}${storedField(kind, path)}`;
    },
  );
  const limit = wholeNumber(query, 'limit');
  const more = query.get('continue') ?? '';
  const exact = query.get('resourceVersionMatch') === 'Exact' ? (query.get('resourceVersion') ?? '') : '';
  return {
    tenant: where.tenant,
    kind: kind.kind,
    ...(where.project === undefined ? {} : { project: where.project }),
    ...(labelSelector === '' ? {} : { labelSelector }),
    ...(fieldSelector === '' ? {} : { fieldSelector }),
    ...(limit === undefined ? {} : { limit }),
    ...(more === '' ? {} : { continue: more }),
    ...(exact === '' || more !== '' ? {} : { resourceVersion: exact }),
  };
}

/** The rules of `resourceVersionMatch` and `sendInitialEvents`, as kube-apiserver has them. */
export function checkListOptions(query: URLSearchParams, watching: boolean): void {
  const [match, version, more, initial] = ['resourceVersionMatch', 'resourceVersion', 'continue', 'sendInitialEvents'].map(
    (name) => query.get(name) ?? '',
  );
  const causes: FieldCause[] = [];
  const forbid = (field: string, message: string): void =>
    void causes.push({ field, reason: 'FieldValueForbidden', message: `Forbidden: ${message}` });
  const known = watching ? ['NotOlderThan'] : ['Exact', 'NotOlderThan'];
  if (watching && initial !== '' && match !== 'NotOlderThan')
    forbid('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  if (!watching && initial !== '') forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  if (match !== '') {
    if (watching && initial === '')
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    if (!watching && version === '') forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (more !== '') forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    if (!watching && match === 'Exact' && version === '0')
      forbid('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    if (!known.includes(match as string)) {
      const message = `Unsupported value: "${match}": supported values: ${known.map((one) => `"${one}"`).join(', ')}`;
      causes.push({ field: 'resourceVersionMatch', reason: 'FieldValueNotSupported', message });
    }
  }
  if (causes.length === 0) return;
  throw new SlipwayError(
    'Invalid',
    `ListOptions.meta.k8s.io "" is invalid: ${causes.map(({ field, message }) => `${field}: ${message}`).join(', ')}`,
    {
      causes,
    },
  );
}

/** The caller has seen a state that is not there: this database was restored from a backup, and the caller must begin anew. */
export function checkNotFromFuture(query: URLSearchParams, current: string): void {
  const asked = query.get('resourceVersion') ?? '';
  if (!/^\d+$/.test(asked) || Number(asked) <= Number(current)) return;
  throw new SlipwayError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ field: '', reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfter: 1,
    hint: 'The hub was restored from a backup. List again without a resource version.',
  });
}

function checkSelectable(kind: Kind, path: string): void {
  const fields = ['metadata.name', 'metadata.namespace', ...kind.selectableFields];
  if (fields.includes(path)) return;
  throw new SlipwayError('BadRequest', `field label not supported: ${path}`, {
    hint: `${kind.plural} can be selected by: ${fields.join(', ')}.`,
  });
}
