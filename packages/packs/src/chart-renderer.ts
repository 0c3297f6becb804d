import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGate, canonicalJson, messageOf, randomSuffix, sha256Hex, SlipwayError } from '@slipway/kit';
import type { BlobStore, ChartRenderer, RenderRequest } from '@slipway/link';
import { type KubernetesObject, readYamlDocuments } from '@slipway/model';
import type { Helm } from './helm.ts';

export interface ChartRendererDeps {
  readonly helm: Pick<Helm, 'template'>;
  readonly blobs: Pick<BlobStore, 'get'>;
  /** Charts are laid here for helm; emptied of what was not used lately. */
  readonly workDir: string;
}

/** Milliseconds one chart may take. */
const TIMEOUT_MS = 30_000;
/** Helm runs at a time: templates of others may loop, and everybody's hub has few cores. */
const RUNNING = 2;
/** Requests that wait; more are turned away. */
const WAITING = 50;
/** Rendered charts kept, and what they may hold together. */
const KEPT = 200;
const KEPT_BYTES = 64 * 1024 * 1024;
/** Charts in the work folder from which on unused ones go. */
const CHARTS = 50;
/** Characters of one rendered chart. */
const MAX_TEXT = 4 * 1024 * 1024;

/**
 * What charts would make, by helm, without a cluster: `lookup` finds nothing. The same chart, values and version give the same objects, so answers are kept by their
 * digests. A chart is somebody else's program: helm runs beside the hub, for a bounded time, few at once, with nothing of the hub's environment.
 */
export function createChartRenderer({ helm, blobs, workDir }: ChartRendererDeps): ChartRenderer {
  const kept = new Map<string, { objects: readonly KubernetesObject[]; size: number }>();
  const gate = createGate({ atOnce: RUNNING, waiting: WAITING, tooMany });
  let size = 0;

  const keep = (key: string, objects: readonly KubernetesObject[], length: number): void => {
    kept.set(key, { objects, size: length });
    size += length;
    for (const [oldest, entry] of kept) {
      if (kept.size <= KEPT && size <= KEPT_BYTES) return;
      kept.delete(oldest);
      size -= entry.size;
    }
  };

  const render = async ({ digest, release, namespace, values, kubernetesVersion }: RenderRequest) => {
    const chartFile = await layChart(blobs, workDir, digest);
    const text = await helm.template({
      release,
      namespace,
      chartFile,
      values,
      kubeVersion: kubernetesVersion,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (text.length > MAX_TEXT) throw new SlipwayError('TooLarge', `The chart of ${release} renders more than ${MAX_TEXT} characters.`);
    const documents = readYamlDocuments(text, `what the chart of ${release} renders`, {
      size: MAX_TEXT,
      tokens: 300_000,
      duplicates: 'last',
    });
    return { objects: documents.filter(isObject), length: text.length };
  };

  return {
    async render(request) {
      const key = sha256Hex(canonicalJson([request.digest, request.release, request.namespace, request.kubernetesVersion, request.values]));
      const known = kept.get(key);
      if (known) return known.objects;
      try {
        const { objects, length } = await gate(() => render(request));
        keep(key, objects, length);
        return objects;
      } catch (error) {
        throw error instanceof SlipwayError
          ? error
          : new SlipwayError('Invalid', `The chart of ${request.release} cannot be rendered: ${messageOf(error)}`, { cause: error });
      }
    },
  };
}

const tooMany = (): SlipwayError =>
  new SlipwayError('TooManyRequests', 'Too many charts are being rendered.', { hint: 'Try again in a few seconds.' });

const isObject = (document: unknown): document is KubernetesObject =>
  typeof document === 'object' && document !== null && typeof (document as KubernetesObject)['kind'] === 'string';

async function layChart(blobs: Pick<BlobStore, 'get'>, workDir: string, digest: string): Promise<string> {
  const folder = join(workDir, 'charts');
  const file = join(folder, `${digest.replace(/[^a-zA-Z0-9]/g, '-')}.tgz`);
  const now = new Date();
  // Touching it says both that it is there and that it is in use.
  if (
    await utimes(file, now, now).then(
      () => true,
      () => false,
    )
  )
    return file;
  const archive = await blobs.get(digest);
  if (!archive) throw new SlipwayError('NotFound', `The hub does not hold the chart ${digest}.`);
  await mkdir(folder, { recursive: true });
  await removeUnused(folder, now.getTime());
  const draft = join(folder, `.${randomSuffix(8)}`);
  await writeFile(draft, archive, { mode: 0o600 });
  await rename(draft, file);
  return file;
}

/** Milliseconds after which nobody renders a chart any more that was touched before. */
const UNUSED_MS = 10 * 60_000;

async function removeUnused(folder: string, now: number): Promise<void> {
  const names = await readdir(folder);
  if (names.length < CHARTS) return;
  for (const name of names) {
    const file = join(folder, name);
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs > UNUSED_MS) await rm(file, { force: true });
  }
}
