import { chmod, cp, link, mkdir, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalJson, sha256Hex } from '@slipway/kit';
import type { MachineArtifacts } from './driver.ts';
import { run } from './programs.ts';
import { freshTemporary, readText, removeTree } from './trees.ts';

/** Names the multi-call binary answers to inside a machine. */
const kubernetesPrograms = ['kubelet', 'kubeadm', 'kubectl', 'kube-proxy', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/**
 * The read-only layers of a machine's root, topmost first: supervisor and runtime configuration, Kubernetes of the version, CNI plugins,
 * node root. Each is made once per content in the cache and shared by all machines (and their page cache with it).
 */
export async function machineLayers(cache: string, artifacts: MachineArtifacts, version: string | undefined): Promise<string[]> {
  const layers = [await supervisorLayer(cache)];
  if (version !== undefined)
    layers.push(
      await kubernetesLayer(cache, await artifacts.kubernetesBinary(version)),
      await cniLayer(cache, await artifacts.cniPlugins()),
    );
  return [...layers, await artifacts.nodeRoot()];
}

async function supervisorLayer(cache: string): Promise<string> {
  const script = await readText(fileURLToPath(new URL('../assets/init.sh', import.meta.url)));
  if (script === undefined) throw new Error('assets/init.sh is missing from the package');
  return ensureLayer(cache, `supervisor-${sha256Hex(script).slice(0, 16)}`, async (root) => {
    const path = join(root, 'usr/local/lib/slipway');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'init.sh'), script, { mode: 0o755 });
  });
}

async function kubernetesLayer(cache: string, binary: string): Promise<string> {
  return ensureLayer(cache, `kubernetes-${await fileKey([binary])}`, async (root) => {
    const bin = join(root, 'usr/local/bin');
    await mkdir(bin, { recursive: true });
    await linkOrCopy(binary, join(bin, 'hyperkube'));
    for (const program of kubernetesPrograms) await symlink('hyperkube', join(bin, program));
  });
}

async function cniLayer(cache: string, plugins: string): Promise<string> {
  const names = (await readdir(plugins)).toSorted();
  return ensureLayer(cache, `cni-${await fileKey(names.map((name) => join(plugins, name)))}`, async (root) => {
    const bin = join(root, 'opt/cni/bin');
    await mkdir(bin, { recursive: true });
    for (const name of names) await linkOrCopy(join(plugins, name), join(bin, name));
  });
}

async function ensureLayer(cache: string, key: string, fill: (root: string) => Promise<void>): Promise<string> {
  const target = join(cache, 'layers', key);
  if (await stat(target).catch(() => undefined)) return target;
  await mkdir(join(cache, 'layers'), { recursive: true });
  const work = await freshTemporary(cache, 'layer');
  try {
    const root = join(work, 'root');
    await mkdir(root, { mode: 0o755 });
    await fill(root);
    await run('chmod', ['-R', 'a+rX', root]);
    await rename(root, target).catch((error: NodeJS.ErrnoException) => {
      // Another process made the same layer in the meantime.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await removeTree(work);
  }
  return target;
}

/** A key for files that are too large to hash each time: the cache they come from writes a changed file anew, with another inode and time. */
async function fileKey(paths: readonly string[]): Promise<string> {
  const facts = await Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs, ino } = await stat(path);
      return { path, size, mtimeMs, ino };
    }),
  );
  return sha256Hex(canonicalJson(facts)).slice(0, 16);
}

/** A hard link costs nothing and shares the page cache; across file systems it is a copy. */
async function linkOrCopy(source: string, target: string): Promise<void> {
  await link(source, target).catch(async () => {
    await cp(source, target, { dereference: true });
    await chmod(target, 0o755);
  });
}
