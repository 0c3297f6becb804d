import { canonicalJson, SlipwayError } from '@slipway/kit';
import type { ApiObject } from '@slipway/model';
import type { Hub } from '../hub/hub.ts';
import { locateCauses, type ManifestObject } from './read.ts';

export type ApplyOutcome = 'created' | 'updated' | 'unchanged';

export interface ApplyOptions {
  readonly project: string;
  readonly dryRun: boolean;
}

/** Creates the object, or makes the stored one what the file says, by server-side apply. A refusal points at the lines of the file. */
export async function applyManifest(
  hub: Hub,
  manifest: ManifestObject,
  options: ApplyOptions,
): Promise<{ outcome: ApplyOutcome; object: ApiObject }> {
  const { kind, object } = manifest;
  const project = object.metadata.namespace ?? options.project;
  // What `get -o yaml` printed may be applied again: what the hub keeps about an object is not the user's to write.
  const { name, namespace, labels, annotations, resourceVersion } = object.metadata;
  const metadata = Object.fromEntries(
    Object.entries({ name, namespace, labels, annotations, resourceVersion }).filter(([, value]) => value !== undefined),
  );
  try {
    const live = await hub.find(kind, name ?? '', project);
    const stored = await hub.apply(kind, { apiVersion: object.apiVersion ?? '', kind: object.kind, metadata, spec: object.spec }, project, {
      dryRun: options.dryRun,
    });
    return { outcome: live === undefined ? 'created' : sameContent(live, stored) ? 'unchanged' : 'updated', object: stored };
  } catch (error) {
    throw error instanceof SlipwayError ? locateCauses(error, manifest) : error;
  }
}

function sameContent(a: ApiObject, b: ApiObject): boolean {
  const content = (one: ApiObject) =>
    canonicalJson({ spec: one.spec, labels: one.metadata.labels ?? {}, annotations: one.metadata.annotations ?? {} });
  return content(a) === content(b);
}
