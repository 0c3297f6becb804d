import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sha256Hex, silentLogger } from '@slipway/kit';
import type { HostInstance, MachineArtifacts, MachineImage } from './driver.ts';
import { createHost, type Host } from './host.ts';
import { hostInstance } from './instance.ts';
import { ensureNodeRoot } from './node-root.ts';

/** A host of its own for a test that needs root: real machines below a new home; the node root comes from the shared cache. */
export interface TestHost {
  readonly host: Host;
  readonly instance: HostInstance;
  /** Images that machines with a Kubernetes version start with; tests put some in. */
  readonly images: MachineImage[];
  /** A directory for the test's own files, removed with the home. */
  readonly scratch: string;
  /** The same instance as another process would open it. */
  reopen(): Promise<Host>;
}

export const testCache = process.env['SLIPWAY_CACHE'] ?? '/var/cache/slipway';

export async function createTestHost(): Promise<TestHost> {
  const parent = join(testCache, 'tests');
  await mkdir(parent, { recursive: true });
  const home = await mkdtemp(join(parent, 'machines-'));
  // Image stores of its own: the shared ones are kept by last use, and tests would push real ones out.
  const instance = await hostInstance(home, join(home, 'cache'));
  const images: MachineImage[] = [];
  const scratch = join(home, 'scratch');
  await mkdir(join(scratch, 'cni'), { recursive: true });
  await writeFile(join(scratch, 'hyperkube'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const artifacts: MachineArtifacts = {
    nodeRoot: () => ensureNodeRoot({ cache: testCache, logger: silentLogger }),
    kubernetesBinary: async () => join(scratch, 'hyperkube'),
    images: async () => images,
    kubernetesImages: async () => images,
    cniPlugins: async () => join(scratch, 'cni'),
  };
  const reopen = () => createHost(instance, artifacts, silentLogger);
  return { host: await reopen(), instance, images, scratch, reopen };
}

/** A docker archive of an image with one file in it. */
export async function tinyImage(scratch: string, name: string): Promise<MachineImage> {
  const directory = join(scratch, `image-${sha256Hex(name).slice(0, 8)}`);
  const tar = promisify(execFile);
  await mkdir(join(directory, 'layer'), { recursive: true });
  await writeFile(join(directory, 'layer', 'hello'), `hello from ${name}\n`);
  await tar('tar', ['-C', join(directory, 'layer'), '--mtime=@0', '-cf', join(directory, 'layer.tar'), 'hello']);
  const { stdout } = await tar('sha256sum', [join(directory, 'layer.tar')]);
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [`sha256:${stdout.split(' ')[0]}`] },
  };
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  await writeFile(join(directory, 'manifest.json'), JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]));
  const path = join(directory, 'image.tar');
  await tar('tar', ['-C', directory, '-cf', path, 'manifest.json', 'config.json', 'layer.tar']);
  return { digest: `sha256:${sha256Hex(name)}`, path, names: [name] };
}
