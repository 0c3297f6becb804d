import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { KubeClient } from '@slipway/kube';
import { objectId, type ObjectId } from '@slipway/model';
import type { ReleaseRecord } from '../layers/release.ts';
import { HELM_KEEP } from './claims.ts';

const unzip = promisify(gunzip);
const zip = promisify(gzip);

/**
 * Makes helm leave some objects of a release alone when it uninstalls: helm goes by the annotation in its own record of the manifest, not by that of the live object. So
 * the record is rewritten; in the cluster nothing changes. Doing it twice is doing it once.
 */
export async function keepInRelease(kube: KubeClient, release: ReleaseRecord, keep: (id: ObjectId) => boolean): Promise<void> {
  const manifest = await marked(release.manifest, keep);
  if (manifest === undefined) return;
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace: release.namespace, name: release.secret };
  const secret = await kube.get(ref);
  if (secret === undefined) return;
  const packed = Buffer.from(Buffer.from(String(secret['data'].release), 'base64').toString('latin1'), 'base64');
  const record = JSON.parse((await unzip(packed)).toString('utf8')) as object;
  const text = (await zip(JSON.stringify({ ...record, manifest }))).toString('base64');
  await kube.patch(ref, { data: { release: Buffer.from(text, 'latin1').toString('base64') } });
}

/** The manifest with the annotation on what is to be kept; undefined when that is nothing. A list with one such item is kept whole: the agent takes the rest itself. */
async function marked(manifest: string, keep: (id: ObjectId) => boolean): Promise<string | undefined> {
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(manifest);
  let any = false;
  for (const document of documents) {
    const object = document.toJS() as Record<string, unknown> | null;
    if (object === null || typeof object !== 'object') continue;
    const items = Array.isArray(object['items']) ? (object['items'] as Record<string, unknown>[]) : [object];
    if (!items.some((item) => keep(objectId(item)))) continue;
    any = true;
    document.setIn(['metadata', 'annotations', HELM_KEEP], 'keep');
  }
  return any ? documents.map((document) => `---\n${document.toString({ directives: false })}`).join('') : undefined;
}
