import { link, mkdir, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256Hex } from '@slipway/kit';
import type { ImageConfig } from './piece.ts';

/** A layer as an uncompressed tar: then its digest is its diffID too, and nodes need not unpack it. */
export interface OciLayer {
  readonly file: string;
  /** Hex SHA-256 of the tar. */
  readonly sha256: string;
  readonly size: number;
}

export interface OciImage {
  /** Full names: `registry.k8s.io/pause:3.10.1`. */
  readonly names: readonly string[];
  readonly layers: readonly OciLayer[];
  readonly config: ImageConfig;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const MEDIA = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

/** Node's name for this processor in the words of OCI, Go and Debian. */
export const ociArchitecture = (arch: string = process.arch): string => ({ x64: 'amd64', arm64: 'arm64' })[arch] ?? arch;

/**
 * Writes images as one OCI image layout, such that `tar -C <dir> -c . | ctr -n k8s.io images import -` gives them their names. Equal input gives
 * equal bytes: no time stamps, sorted JSON. Layers are hard-linked where the file system allows it.
 *
 * @returns `sha256:…` of index.json.
 */
export async function writeOciLayout(dir: string, images: readonly OciImage[]): Promise<string> {
  const blobs = join(dir, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const manifests: (Descriptor & { annotations: Record<string, string>; platform: object })[] = [];
  const platform = { architecture: ociArchitecture(), os: 'linux' };
  for (const image of images) {
    for (const layer of image.layers) await placeLayer(layer, join(blobs, layer.sha256));
    const config = await putJson(blobs, MEDIA.config, {
      ...platform,
      config: runConfig(image.config),
      rootfs: { type: 'layers', diff_ids: image.layers.map((layer) => `sha256:${layer.sha256}`) },
    });
    const manifest = await putJson(blobs, MEDIA.manifest, {
      schemaVersion: 2,
      mediaType: MEDIA.manifest,
      config,
      layers: image.layers.map((layer) => ({ mediaType: MEDIA.layer, digest: `sha256:${layer.sha256}`, size: layer.size })),
    });
    for (const name of image.names) {
      // containerd reads the first, skopeo and others the second.
      const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name };
      manifests.push({ ...manifest, annotations, platform });
    }
  }
  await writeFile(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const index = canonicalJson({ schemaVersion: 2, mediaType: MEDIA.index, manifests });
  await writeFile(join(dir, 'index.json'), index);
  return `sha256:${sha256Hex(index)}`;
}

function runConfig(config: ImageConfig): object {
  return {
    Entrypoint: config.entrypoint,
    ...(config.env && { Env: config.env }),
    ...(config.user !== undefined && { User: config.user }),
    ...(config.workingDir !== undefined && { WorkingDir: config.workingDir }),
  };
}

async function putJson(blobs: string, mediaType: string, value: object): Promise<Descriptor> {
  const text = canonicalJson(value);
  const hex = sha256Hex(text);
  await writeFile(join(blobs, hex), text);
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}

async function placeLayer(layer: OciLayer, target: string): Promise<void> {
  try {
    await link(layer.file, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error;
    await copyFile(layer.file, target);
  }
}
