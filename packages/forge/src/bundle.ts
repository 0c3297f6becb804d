import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, link, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { run, sha256Hex, SlipwayError } from '@slipway/kit';
import { z } from 'zod';
import { entrySchema, type StoredEntry } from './cache.ts';
import { listFiles, sha256File } from './files.ts';
import { ociArchitecture } from './oci-layout.ts';
import { writeTar, type TarEntry } from './tar.ts';

const artefactSchema = entrySchema.extend({
  /** Bytes of all its files; files that artefacts share are stored once. */
  size: z.number(),
});

/**
 * `bundle.json`: what a content bundle holds. Files lie in `blobs/sha256/<hex>` by their digest, so that images share layers and an
 * artefact is a list of files. Air-gapped and edge bundles are the same thing with more artefacts.
 */
export const bundleManifestSchema = z.object({
  format: z.literal('slipway.dev/bundle/v1'),
  platform: z.object({ os: z.literal('linux'), architecture: z.string() }),
  artefacts: z.array(artefactSchema),
});
export type BundleManifest = z.infer<typeof bundleManifestSchema>;
export type BundleArtefact = BundleManifest['artefacts'][number];

export interface Bundle {
  readonly path: string;
  readonly manifest: BundleManifest;
  /** The artefact of this name and version, if the bundle has it. */
  find(name: string, version: string): BundleArtefact | undefined;
  /** Lays an artefact's files out in `into`, each checked against its digest. */
  extract(artefact: BundleArtefact, into: string): Promise<void>;
}

const blobPath = (root: string, sha256: string): string => join(root, 'blobs', 'sha256', sha256);

/**
 * Writes entries of the cache as a content bundle: a directory, or one file when `target` ends in `.tar.zst`. Equal content gives equal bytes.
 *
 * @returns `sha256:…` of bundle.json.
 */
export async function writeBundle(target: string, entries: readonly StoredEntry[]): Promise<string> {
  const packed = target.endsWith('.tar.zst');
  const dir = packed ? `${target}.partial-${randomBytes(4).toString('hex')}` : target;
  try {
    const text = await writeBundleDirectory(dir, entries);
    if (packed) await packDirectory(dir, target);
    return `sha256:${sha256Hex(text)}`;
  } finally {
    if (packed) await rm(dir, { recursive: true, force: true });
  }
}

async function writeBundleDirectory(dir: string, entries: readonly StoredEntry[]): Promise<string> {
  await mkdir(join(dir, 'blobs', 'sha256'), { recursive: true });
  const artefacts: BundleArtefact[] = [];
  for (const { entry, content } of entries) {
    for (const file of entry.files) {
      if (file.link === undefined) await linkOrCopy(join(content, file.path), blobPath(dir, file.sha256));
    }
    artefacts.push({ ...entry, size: entry.files.reduce((sum, file) => sum + file.size, 0) });
  }
  const manifest: BundleManifest = {
    format: 'slipway.dev/bundle/v1',
    platform: { os: 'linux', architecture: ociArchitecture() },
    artefacts: artefacts.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  await writeFile(join(dir, 'bundle.json'), text);
  return text;
}

async function packDirectory(dir: string, target: string): Promise<void> {
  const paths = await listFiles(dir);
  const entries = paths.map((path): TarEntry => ({ type: 'file', path, mode: 0o644, source: join(dir, path) }));
  const tar = `${dir}.tar`;
  try {
    await writeTar(tar, entries);
    await pipeline(createReadStream(tar), createZstdCompress(), createWriteStream(`${dir}.zst`));
    await rename(`${dir}.zst`, target);
  } finally {
    await rm(tar, { force: true });
    await rm(`${dir}.zst`, { force: true });
  }
}

/** Opens a bundle: a directory, or a `.tar.zst`, which is unpacked once below `unpackDir`. */
export async function openBundle(path: string, unpackDir: string): Promise<Bundle> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new SlipwayError('NotFound', `The content bundle ${path} is not there.`, { cause });
  });
  const root = info.isDirectory()
    ? path
    : await unpack(path, join(unpackDir, sha256Hex(`${path}:${info.size}:${info.mtimeMs}`).slice(0, 16)));
  const manifest = await readManifest(path, root);
  if (manifest.platform.architecture !== ociArchitecture()) {
    throw new SlipwayError(
      'Invalid',
      `The content bundle ${path} is for ${manifest.platform.architecture}, and this host is ${ociArchitecture()}.`,
    );
  }
  return {
    path,
    manifest,
    find: (name, version) => manifest.artefacts.find((artefact) => artefact.name === name && artefact.version === version),
    async extract(artefact, into) {
      for (const file of artefact.files) await extractFile(path, root, artefact, file, into);
    },
  };
}

async function extractFile(
  bundle: string,
  root: string,
  artefact: BundleArtefact,
  file: BundleArtefact['files'][number],
  into: string,
): Promise<void> {
  const target = join(into, file.path);
  if (file.path.split('/').includes('..')) throw new SlipwayError('Invalid', `The content bundle ${bundle} names the path ${file.path}.`);
  await mkdir(dirname(target), { recursive: true });
  if (file.link !== undefined) return symlink(file.link, target);
  const blob = blobPath(root, file.sha256);
  const actual = await sha256File(blob).catch((cause: unknown) => {
    throw new SlipwayError('Invalid', `The content bundle ${bundle} lacks ${file.path} of ${artefact.name}.`, { cause });
  });
  if (actual !== file.sha256) {
    throw new SlipwayError(
      'Invalid',
      `The content bundle ${bundle} is damaged: ${file.path} of ${artefact.name} has SHA-256 ${actual}, not ${file.sha256}.`,
      {
        hint: 'Copy the bundle again.',
      },
    );
  }
  // A copy, never a link: the mode belongs to this file, and the bundle may lie on a medium that goes away.
  await copyFile(blob, target);
  await chmod(target, file.mode);
}

async function readManifest(path: string, root: string): Promise<BundleManifest> {
  const text = await readFile(join(root, 'bundle.json'), 'utf8').catch((cause: unknown) => {
    throw new SlipwayError('Invalid', `${path} is not a content bundle: it has no bundle.json.`, { cause });
  });
  try {
    return bundleManifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new SlipwayError('Invalid', `The list of the content bundle ${path} (bundle.json) cannot be read.`, { cause });
  }
}

async function unpack(file: string, target: string): Promise<string> {
  if (await stat(join(target, 'bundle.json')).catch(() => undefined)) return target;
  const partial = `${target}.${randomBytes(4).toString('hex')}`;
  await mkdir(partial, { recursive: true });
  const tar = `${partial}.tar`;
  try {
    await pipeline(createReadStream(file), createZstdDecompress(), createWriteStream(tar));
    await run('tar', ['-xf', tar, '-C', partial, '--no-same-owner']);
    await rename(partial, target).catch(async (error: NodeJS.ErrnoException) => {
      // Another process was quicker.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } catch (cause) {
    throw new SlipwayError('Invalid', `The content bundle ${file} cannot be unpacked.`, { cause });
  } finally {
    await rm(tar, { force: true });
    await rm(partial, { recursive: true, force: true });
  }
  return target;
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error;
    await copyFile(from, to);
  }
}
