import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SlipwayError } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import type { ObjectId } from '@slipway/model';
import { manifestObjects, placed } from './manifests.ts';
import { LAYER_LABEL, objectIdOf } from './object-id.ts';

const unzip = promisify(gunzip);

/** The newest revision of a helm release as helm keeps it in the cluster. */
export interface ReleaseRecord {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** `deployed`, `failed`, `pending-install`, `pending-upgrade`, … */
  readonly status: string;
  /** Name of the Secret that holds it. */
  readonly secret: string;
  /** What helm rendered and applied, hooks left out. */
  readonly manifest: string;
  /** Manifests of its hooks and tests, whether they have run or not. */
  readonly hooks: readonly string[];
}

const revisionOf = (secret: KubeObject) => Number(secret.metadata.labels?.['version'] ?? 0);

/** Reads a release from helm's own storage, without starting helm: it is a Secret per revision. Undefined when there is none. */
export async function readRelease(kube: KubeClient, namespace: string, name: string): Promise<ReleaseRecord | undefined> {
  const secrets = await kube.list({ apiVersion: 'v1', kind: 'Secret' }, { namespace, labelSelector: `owner=helm,name=${name}` });
  const newest = secrets.toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
  if (newest === undefined) return undefined;
  const inner = Buffer.from(Buffer.from(String(newest['data']?.release ?? ''), 'base64').toString('latin1'), 'base64');
  const text = inner[0] === 0x1f && inner[1] === 0x8b ? (await unzip(inner)).toString('utf8') : inner.toString('utf8');
  const release = JSON.parse(text) as { manifest?: string; hooks?: readonly { manifest?: string }[] | null };
  return {
    name,
    namespace,
    revision: revisionOf(newest),
    status: newest.metadata.labels?.['status'] ?? 'unknown',
    secret: newest.metadata.name,
    manifest: release.manifest ?? '',
    hooks: (release.hooks ?? []).map((hook) => hook.manifest ?? ''),
  };
}

/**
 * A helm that was killed leaves its release `pending-…`, and every later run is refused ("another operation is in progress"). Nothing but this agent runs
 * helm for this release and it runs one at a time, so a pending revision seen before a run is a dead one: its record is removed and the next run
 * starts from the revision before it, or adopts what the first one made.
 */
export async function clearDeadRevision(kube: KubeClient, release: ReleaseRecord): Promise<void> {
  if (!release.status.startsWith('pending-')) return;
  await kube.delete({ apiVersion: 'v1', kind: 'Secret', namespace: release.namespace, name: release.secret });
}

/** What hooks of a release make. Helm leaves some of it behind when it uninstalls, as its hook-delete-policy says. */
export async function hookObjects(kube: KubeClient, release: ReleaseRecord): Promise<ObjectId[]> {
  const raw = (await Promise.all(release.hooks.map((text) => namedObjects(text, release.name)))).flat();
  // A hook may be of a kind that only the chart's definitions bring, and that is gone: then so is what it made.
  const placedIds = await Promise.all(
    raw.map((object) =>
      placed(kube, [object as KubeObject], release.namespace).then(
        (objects) => objects.map(objectIdOf),
        () => [],
      ),
    ),
  );
  return placedIds.flat();
}

/** Documents of a manifest that name an object. Those that get a name from the server cannot be found again, let alone be guarded. */
export async function namedObjects(manifest: string, release: string): Promise<Record<string, unknown>[]> {
  const { parseAllDocuments } = await import('yaml');
  const documents: unknown[] = parseAllDocuments(manifest).map((document) => {
    if (document.errors.length > 0)
      throw new SlipwayError('Invalid', `The manifest of release "${release}" cannot be read: ${document.errors[0]?.message}`);
    return document.toJS();
  });
  return documents.filter((item): item is Record<string, unknown> => {
    const object = item as { kind?: string; metadata?: { name?: string } } | null;
    return object !== null && typeof object === 'object' && (object.metadata?.name !== undefined || object.kind?.endsWith('List') === true);
  });
}

/**
 * The objects of a release as they are in the cluster: with the labels and annotations by which helm recognises its own, which are not in the
 * manifest text, so that an object the drift guard makes anew still belongs to helm.
 */
export async function releaseObjects(kube: KubeClient, release: ReleaseRecord, layer: string): Promise<KubeObject[]> {
  const raw = await namedObjects(release.manifest, release.name);
  const objects = await placed(kube, manifestObjects(layer, raw), release.namespace);
  return objects.map((object) => {
    const { [LAYER_LABEL]: _ours, ...labels } = object.metadata.labels ?? {};
    return {
      ...object,
      metadata: {
        ...object.metadata,
        labels: { ...labels, 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: {
          ...object.metadata.annotations,
          'meta.helm.sh/release-name': release.name,
          'meta.helm.sh/release-namespace': release.namespace,
        },
      },
    };
  });
}
