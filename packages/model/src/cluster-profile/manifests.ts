import type { FieldCause } from '@slipway/kit';
import { duplicateField, invalidField, requiredField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import type { PathStep } from '../meta/value-path.ts';
import { objectId, objectKey } from '../plan/object-id.ts';
import { fill, type FillScope, type SecretLeaf } from '../template/fill.ts';
import { readYamlTemplate } from '../template/yaml-text.ts';

/** Limits of one layer's manifests: what a plan can carry and an agent can watch. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
export const MAX_MANIFEST_OBJECTS = 5000;

export type KubernetesObject = Record<string, unknown>;

export interface ParsedManifests {
  readonly objects: KubernetesObject[];
  /** Places of secrets; the first step is the index of the object. */
  readonly leaves: readonly SecretLeaf[];
}

interface Placed {
  readonly object: KubernetesObject;
  readonly leaves: readonly SecretLeaf[];
}

/**
 * Parses YAML documents into Kubernetes objects and fills in references. Unquoted references keep the type of what they lead to, quoted ones become text, as YAML has it.
 * Lists are flattened, empty documents skipped. Problems go to `scope.causes` with their place.
 */
export function parseManifests(manifests: readonly string[], path: string, scope: FillScope): ParsedManifests {
  const bytes = manifests.reduce((sum, text) => sum + text.length, 0);
  if (bytes > MAX_MANIFEST_BYTES) {
    scope.causes.push(
      invalidField(path, `holds ${bytes} characters of manifests; at most ${MAX_MANIFEST_BYTES} fit one layer: make it a chart`),
    );
    return { objects: [], leaves: [] };
  }
  const placed = manifests.flatMap((text, index) => parseOne(text, joinPath(path, index), scope));
  const objects = placed.map(({ object }) => object);
  if (objects.length > MAX_MANIFEST_OBJECTS) {
    scope.causes.push(invalidField(path, `holds ${objects.length} objects; at most ${MAX_MANIFEST_OBJECTS} fit one layer`));
  }
  refuseDuplicates(objects, path, scope.causes);
  return { objects, leaves: placed.flatMap(({ leaves }, index) => leaves.map((leaf) => ({ ...leaf, at: [index, ...leaf.at] }))) };
}

function parseOne(text: string, path: string, scope: FillScope): Placed[] {
  return readYamlTemplate(text).flatMap((document, index) => {
    const where = `${path}, document ${index + 1}`;
    if ('problem' in document) {
      const invalid =
        document.where === 'text'
          ? invalidField(path, `is not valid YAML (document ${index + 1}): ${document.problem}`)
          : invalidField(where, document.problem);
      scope.causes.push(invalid);
      return [];
    }
    const { value, leaves } = fill(document.value, path, scope);
    return flatten(value, []).flatMap(({ value: item, at }) => {
      const object = checkObject(item, where, scope.causes);
      return object === undefined ? [] : [{ object, leaves: leavesBelow(leaves, at) }];
    });
  });
}

const leavesBelow = (leaves: readonly SecretLeaf[], at: readonly PathStep[]): SecretLeaf[] =>
  leaves.filter((leaf) => at.every((step, index) => leaf.at[index] === step)).map((leaf) => ({ ...leaf, at: leaf.at.slice(at.length) }));

function flatten(value: unknown, at: readonly PathStep[]): { value: unknown; at: readonly PathStep[] }[] {
  if (value === null || value === undefined) return [];
  const object = value as { kind?: unknown; items?: unknown };
  const isList = typeof object.kind === 'string' && object.kind.endsWith('List') && Array.isArray(object.items);
  return isList ? (object.items as unknown[]).flatMap((item, index) => flatten(item, [...at, 'items', index])) : [{ value, at }];
}

function checkObject(value: unknown, where: string, causes: FieldCause[]): KubernetesObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    causes.push(invalidField(where, 'must be a Kubernetes object: a mapping with apiVersion, kind and metadata.name'));
    return undefined;
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
    return undefined;
  }
  return object;
}

function refuseDuplicates(objects: readonly KubernetesObject[], path: string, causes: FieldCause[]): void {
  const seen = new Set<string>();
  for (const object of objects) {
    const id = objectId(object);
    const key = objectKey(id);
    if (seen.has(key)) causes.push(duplicateField(path, `${id.kind} "${id.name}" is there twice`));
    seen.add(key);
  }
}
