import { SlipwayError, type FieldCause } from '@slipway/kit';
import { z } from 'zod';
import { fieldPath } from './field-path.ts';
import type { ManifestObject } from './read.ts';

/**
 * Refuses everything that is wrong by shape before anything is sent, all mistakes of all documents at once, each with its line. What needs other objects
 * (a missing profile, a name taken) the hub says.
 */
export function checkManifests(manifests: readonly ManifestObject[]): void {
  const causes: FieldCause[] = [];
  for (const manifest of manifests) {
    const shape = z.strictObject({
      apiVersion: z.string(),
      kind: z.string(),
      metadata: z.looseObject({}),
      spec: z.unknown(),
      status: z.unknown().optional(),
    });
    const outer = shape.safeParse(manifest.object);
    for (const [path, message] of outer.success ? [] : issuesOf(outer.error, []))
      causes.push({ field: `${manifest.locate(path)}: ${path}`, message });
    const inner = manifest.kind.spec.safeParse(manifest.object.spec);
    for (const [path, message] of inner.success ? [] : issuesOf(inner.error, ['spec']))
      causes.push({ field: `${manifest.locate(path)}: ${path}`, message });
  }
  if (causes.length === 0) return;
  throw new SlipwayError(
    'Invalid',
    causes.length === 1 ? 'One field is wrong. Nothing was changed.' : `${causes.length} fields are wrong. Nothing was changed.`,
    { causes },
  );
}

function issuesOf(error: z.ZodError, prefix: readonly PropertyKey[]): [string, string][] {
  return error.issues.flatMap((issue): [string, string][] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => [fieldPath([...prefix, ...issue.path, key]), 'there is no such field']);
    return [[fieldPath([...prefix, ...issue.path]), issue.message]];
  });
}
