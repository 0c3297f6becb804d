import type { FieldCause } from '@slipway/kit';
import { isScalar, parseAllDocuments, visit, type Document } from 'yaml';
import { duplicateField, invalidField, requiredField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import { objectId, objectKey } from '../plan/object-id.ts';
import { fillIn, fillInString, hideReferences, type FillScope } from './template.ts';

/** Limits of one layer's manifests: what a plan can carry and an agent can watch. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
export const MAX_MANIFEST_OBJECTS = 5000;
const MAX_ALIASES = 100;
const MAX_DEPTH = 100;

export type KubernetesObject = Record<string, unknown>;

/**
 * Parses YAML documents into Kubernetes objects and fills in variables. Unquoted references keep the variable's type, quoted ones become text, as YAML has it.
 * Lists are flattened, empty documents skipped. Problems go to `scope.causes` with their place.
 */
export function parseManifests(manifests: readonly string[], path: string, scope: FillScope): KubernetesObject[] {
  const bytes = manifests.reduce((sum, text) => sum + text.length, 0);
  if (bytes > MAX_MANIFEST_BYTES) {
    scope.causes.push(
      invalidField(path, `holds ${bytes} characters of manifests; at most ${MAX_MANIFEST_BYTES} fit one layer: make it a chart`),
    );
    return [];
  }
  const objects = manifests.flatMap((text, index) => parseOne(text, joinPath(path, index), scope));
  if (objects.length > MAX_MANIFEST_OBJECTS) {
    scope.causes.push(invalidField(path, `holds ${objects.length} objects; at most ${MAX_MANIFEST_OBJECTS} fit one layer`));
  }
  return refuseDuplicates(objects, path, scope.causes);
}

function parseOne(text: string, path: string, scope: FillScope): KubernetesObject[] {
  const { text: hidden, restore } = hideReferences(text);
  const documents = parseAllDocuments(hidden, { uniqueKeys: true, prettyErrors: true });
  // An empty stream is an empty array with extra fields; either way it is iterable.
  return [...(documents as Iterable<Document.Parsed>)].flatMap((document, index) => {
    const where = `${path}, document ${index + 1}`;
    const error = document.errors[0];
    if (error) {
      scope.causes.push(invalidField(path, `is not valid YAML (document ${index + 1}): ${firstLine(error.message)}`));
      return [];
    }
    fillQuoted(document, restore, where, scope);
    const value = toJson(document, where, scope.causes);
    const filled = fillIn(restoreAll(value, restore), path, scope);
    return flatten(filled).flatMap((object) => checkObject(object, where, scope.causes));
  });
}

/** Quoted and block texts stay texts whatever the variable's type. */
function fillQuoted(document: Document.Parsed, restore: (text: string) => string, path: string, scope: FillScope): void {
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === 'string' && node.type !== 'PLAIN')
        node.value = fillInString(restore(node.value), path, scope);
    },
  });
}

function toJson(document: Document.Parsed, where: string, causes: FieldCause[]): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    const problem = notJson(value, 0);
    if (problem === undefined) return value;
    causes.push(invalidField(where, problem));
  } catch (error) {
    causes.push(invalidField(where, `cannot be read: ${error instanceof Error ? firstLine(error.message) : 'unknown'}`));
  }
  return undefined;
}

function notJson(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
  if (typeof value === 'number' && !Number.isFinite(value)) return 'holds a number JSON does not have (.nan or .inf)';
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, '__proto__')) return 'holds the key __proto__';
  for (const item of Object.values(value)) {
    const problem = notJson(item, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function restoreAll(value: unknown, restore: (text: string) => string): unknown {
  if (typeof value === 'string') return restore(value);
  if (Array.isArray(value)) return value.map((item) => restoreAll(item, restore));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [restore(key), restoreAll(item, restore)]));
}

function flatten(value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  const object = value as { kind?: unknown; items?: unknown };
  const isList = typeof object.kind === 'string' && object.kind.endsWith('List') && Array.isArray(object.items);
  return isList ? (object.items as unknown[]).flatMap(flatten) : [value];
}

function checkObject(value: unknown, where: string, causes: FieldCause[]): KubernetesObject[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    causes.push(invalidField(where, 'must be a Kubernetes object: a mapping with apiVersion, kind and metadata.name'));
    return [];
  }
  const object = value as KubernetesObject;
  const name = (object['metadata'] as { name?: unknown } | undefined | null)?.name;
  for (const [field, text] of [
    ['apiVersion', object['apiVersion']],
    ['kind', object['kind']],
    ['metadata.name', name],
  ] as const) {
    if (typeof text === 'string' && text !== '') continue;
    causes.push(requiredField(where, `${field} is required and must be a text`));
    return [];
  }
  return [object];
}

function refuseDuplicates(objects: KubernetesObject[], path: string, causes: FieldCause[]): KubernetesObject[] {
  const seen = new Set<string>();
  for (const object of objects) {
    const id = objectId(object);
    const key = objectKey(id);
    if (seen.has(key)) causes.push(duplicateField(path, `${id.kind} "${id.name}" is there twice`));
    seen.add(key);
  }
  return objects;
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/:$/, '');
