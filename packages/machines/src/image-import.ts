import { copyFile, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, messageOf, seconds, SlipwayError, waitFor } from '@slipway/kit';
import { run } from './programs.ts';
import type { Containers } from './containers.ts';
import type { MachineImage } from './driver.ts';

export interface ImportRequest {
  readonly image: MachineImage;
  /** A directory for what is needed on the way. */
  readonly work: string;
  readonly runcRoot: string;
  readonly container: string;
  readonly containers: Containers;
  readonly signal?: AbortSignal;
}

export interface ImportMissingRequest extends Omit<ImportRequest, 'image'> {
  readonly images: readonly MachineImage[];
  readonly logger: Logger;
}

const containerdTimeoutMs = seconds(60);
const importAttempts = 3;

/** Imports those of the images that the container's containerd lacks. One that was just killed is back in a second or two, and is waited for. */
export async function importMissing(request: ImportMissingRequest): Promise<void> {
  const { images, container, signal, logger } = request;
  for (let attempt = 1; ; attempt++) {
    const present = await imagesIn(request);
    try {
      await mkdir(request.work, { recursive: true, mode: 0o700 });
      for (const image of images.filter((candidate) => !candidate.names.every((known) => present.has(known))))
        await importImage({ ...request, image });
      return;
    } catch (error) {
      // containerd may have ended in the middle: what it had by then stays.
      if (attempt === importAttempts || signal?.aborted) throw error;
      logger.warn({ machine: container, attempt, error: messageOf(error) }, 'import of images failed; trying again');
    }
  }
}

async function imagesIn({ container, containers, signal }: Omit<ImportRequest, 'image'>): Promise<ReadonlySet<string>> {
  const listed = await waitFor(
    async () => {
      const result = await containers.exec(container, ['ctr', '-n', 'k8s.io', 'images', 'ls', '-q'], signal ? { signal } : {});
      if (result.code === 0 || (await containers.pid(container)) === undefined) return result;
      throw new SlipwayError('Unavailable', result.stderr.trim());
    },
    { what: `containerd in machine "${container}"`, timeoutMs: containerdTimeoutMs, ...(signal && { signal }) },
  );
  if (listed.code !== 0)
    throw new SlipwayError('Unavailable', `Machine "${container}" does not run, so it takes no images: ${listed.stderr.trim()}`);
  return new Set(listed.stdout.split('\n'));
}

/** Imports an image under all its names into the containerd of a running container, and pins it so that no collection removes it. */
export async function importImage(request: ImportRequest): Promise<void> {
  const { image, container } = request;
  const staging = join(request.work, 'import');
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging);
  try {
    const source = (await stat(image.path)).isDirectory() ? await stageLayout(image, staging) : { command: 'cat "$3"', path: image.path };
    const options = { ...(request.signal && { signal: request.signal }), as: `import of ${image.names.join(', ')} into ${container}` };
    await run(
      'sh',
      [
        '-c',
        `${source.command} | runc --root "$1" exec "$2" ctr -n k8s.io images import -`,
        'import',
        request.runcRoot,
        container,
        source.path,
      ],
      options,
    );
    for (const name of image.names)
      await request.containers.exec(
        container,
        ['ctr', '-n', 'k8s.io', 'images', 'label', name, 'io.cri-containerd.pinned=pinned'],
        options,
      );
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

export interface LayoutIndex {
  readonly manifests?: readonly Descriptor[];
}

interface Descriptor {
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const nameAnnotation = 'io.containerd.image.name';

/**
 * Pure: the index of a layout with every wanted name on the right manifest. containerd takes names from annotations only, and a layout of one
 * image may carry others or none; a layout of several images must name each itself.
 *
 * @throws SlipwayError('Invalid') when a name cannot be told to a manifest.
 */
export function namedIndex(index: LayoutIndex, names: readonly string[]): LayoutIndex {
  const manifests = index.manifests ?? [];
  const pick = (name: string): Descriptor => {
    const named = manifests.find((manifest) => manifest.annotations?.[nameAnnotation] === name);
    const [only, ...others] = new Map(manifests.map((manifest) => [manifest.digest, manifest])).values();
    if (named) return named;
    if (only && others.length === 0) return only;
    throw new SlipwayError('Invalid', `The image layout holds ${manifests.length} images and none is named "${name}".`);
  };
  return {
    ...index,
    manifests: names.map((name) => {
      const manifest = pick(name);
      return { ...manifest, annotations: { ...manifest.annotations, [nameAnnotation]: name } };
    }),
  };
}

/** A layout beside the given one (same blobs) with the index we want. */
async function stageLayout(image: MachineImage, staging: string): Promise<{ command: string; path: string }> {
  const index = JSON.parse(await readFile(join(image.path, 'index.json'), 'utf8')) as LayoutIndex;
  await writeFile(join(staging, 'index.json'), JSON.stringify(namedIndex(index, image.names)));
  await copyFile(join(image.path, 'oci-layout'), join(staging, 'oci-layout'));
  await symlink(join(image.path, 'blobs'), join(staging, 'blobs'));
  return { command: 'tar -C "$3" -chf - .', path: staging };
}
