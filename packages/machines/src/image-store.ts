import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTicks, canonicalJson, sha256Hex, SlipwayError, waitFor, type Logger } from '@slipway/kit';
import { run } from './programs.ts';
import type { Containers } from './containers.ts';
import type { MachineArtifacts, MachineImage } from './driver.ts';
import { importImage } from './image-import.ts';
import { withLock } from './lock.ts';
import type { HostNames } from './names.ts';
import { freshTemporary, namesIn, readText, removeTree } from './trees.ts';

/**
 * Image stores ready to be cloned: a directory as containerd keeps it, with a set of images imported and unpacked, made once per set. A
 * machine's store is a tree of hard links to it, which takes a third of a second and shares disk and page cache between machines.
 */
export interface ImageStores {
  /** The template of this set of images; a new one starts from the existing one that shares most with it. */
  template(images: readonly MachineImage[], signal?: AbortSignal): Promise<string>;
  /** Makes `target` a store of its own with the template's images. */
  clone(template: string, target: string): Promise<void>;
}

/** Raised when stores made so far are not what they say: they are then neither used nor built upon. */
const storeFormat = 3;

interface StoreRecord {
  readonly format: number;
  readonly images: readonly { readonly digest: string; readonly names: readonly string[] }[];
}

export interface ImageStoreDeps {
  readonly cache: string;
  readonly artifacts: Pick<MachineArtifacts, 'nodeRoot'>;
  readonly containers: Containers;
  readonly names: HostNames;
  readonly logger: Logger;
}

/** Kept besides those in use: each costs only what the others do not have. */
const keptTemplates = 6;

export const templateKey = (images: readonly Pick<MachineImage, 'digest' | 'names'>[]): string =>
  sha256Hex(
    canonicalJson({ format: storeFormat, images: images.map(({ digest, names }) => `${digest} ${names.toSorted().join(' ')}`).toSorted() }),
  ).slice(0, 16);

export function createImageStores(deps: ImageStoreDeps): ImageStores {
  const parent = join(deps.cache, 'image-stores');

  async function build(images: readonly MachineImage[], target: string, signal: AbortSignal | undefined): Promise<void> {
    await sweepBuilders(deps);
    const work = await freshTemporary(deps.cache, 'image-store');
    const builder = `${builderPrefix}${process.pid}`;
    const netns = deps.names.netns(builder);
    const started = performance.now();
    try {
      const root = join(work, 'store', 'root');
      const base = await closest(parent, images);
      await mkdir(join(work, 'store'), { mode: 0o711 });
      if (base) await cloneStore(join(base.path, 'root'), root);
      else await mkdir(root, { mode: 0o711 });
      await mkdir(join(work, 'config'));
      await writeFile(join(work, 'config', 'config.toml'), builderConfig);
      await run('ip', ['netns', 'add', netns]);
      await deps.containers.launch(builder, {
        kind: 'machine',
        hostname: 'images',
        rootPath: await deps.artifacts.nodeRoot(),
        rootReadonly: true,
        args: ['tini', '--', 'containerd', '--config', '/srv/config.toml'],
        netnsPath: deps.names.netnsPath(builder),
        binds: [
          { source: join(work, 'config'), target: '/srv', readonly: true },
          { source: root, target: '/var/lib/containerd' },
        ],
      });
      const ctr = (...args: string[]) =>
        deps.containers.exec(builder, ['ctr', '--connect-timeout', '1s', ...args], signal ? { signal } : {});
      await waitFor(async () => (await ctr('version')).code === 0, {
        what: 'containerd of the image store',
        timeoutMs: 30_000,
        intervalMs: 50,
        ...(signal && { signal }),
      });
      const had = new Set(base?.record.images.map((image) => image.digest));
      const wantedNames = images.flatMap((image) => image.names);
      const surplus = (base?.record.images ?? []).flatMap((image) => image.names).filter((name) => !wantedNames.includes(name));
      if (surplus.length > 0) await ctr('-n', 'k8s.io', 'images', 'rm', '--sync', ...surplus);
      for (const image of images.filter((candidate) => !had.has(candidate.digest))) {
        await importImage({
          image,
          work,
          runcRoot: deps.names.runcRoot,
          container: builder,
          containers: deps.containers,
          ...(signal && { signal }),
        });
      }
      const { stdout } = await ctr('-n', 'k8s.io', 'images', 'ls', '-q');
      const missing = wantedNames.filter((name) => !stdout.split('\n').includes(name));
      if (missing.length > 0)
        throw new SlipwayError('Internal', `These images were imported but are not there under their names: ${missing.join(', ')}.`);
      await deps.containers.end(builder, 10_000);
      const record: StoreRecord = { format: storeFormat, images: images.map(({ digest, names }) => ({ digest, names })) };
      await writeFile(join(work, 'store', 'store.json'), JSON.stringify(record));
      await rename(join(work, 'store'), target);
      deps.logger.info(
        { template: target, from: base?.path, images: images.length, ms: Math.round(performance.now() - started) },
        'image store built',
      );
    } finally {
      await deps.containers.end(builder, 0);
      await run('ip', ['netns', 'delete', netns], { allow: [1] });
      await rm(deps.names.containerDirectory(builder), { recursive: true, force: true });
      await removeTree(work);
    }
  }

  return {
    async template(images, signal) {
      const target = join(parent, templateKey(images));
      await mkdir(parent, { recursive: true });
      if (!(await isStore(target))) {
        await withLock(join(parent, '.lock'), { signal }, async () => {
          if (await isStore(target)) return;
          await build(images, target, signal);
          await prune(parent);
        });
      }
      const now = new Date();
      await utimes(target, now, now);
      return target;
    },

    async clone(template, target) {
      const temporary = `${target}.tmp`;
      await removeTree(temporary);
      await removeTree(target);
      await cloneStore(join(template, 'root'), temporary);
      await rename(temporary, target);
    },
  };
}

const builderPrefix = '_images-';

/** Builders of processes that were killed in the middle run on: nobody waits for them. */
async function sweepBuilders({ names, containers }: ImageStoreDeps): Promise<void> {
  for (const name of await namesIn(join(names.run, 'containers'))) {
    if (!name.startsWith(builderPrefix) || (await startTicks(Number(name.slice(builderPrefix.length)))) !== undefined) continue;
    await containers.end(name, 0);
    await run('ip', ['netns', 'delete', names.netns(name)], { allow: [1] });
    await rm(names.containerDirectory(name), { recursive: true, force: true });
  }
}

const builderConfig = `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
`;

/**
 * Hard links for everything but what is written in place: the bolt databases. Layers are never written (overlayfs copies up) and content is
 * addressed by its digest. What the CRI plugin knows of containers stays behind.
 */
async function cloneStore(source: string, target: string): Promise<void> {
  await run('cp', ['-al', source, target]).catch(async () => {
    // Another file system: real copies.
    await removeTree(target);
    await run('cp', ['-a', '--reflink=auto', source, target]);
  });
  for (const plugin of await namesIn(target)) {
    const path = join(target, plugin);
    for (const name of await namesIn(path).catch(() => [])) {
      if (name.endsWith('.db')) await run('cp', ['-p', '--remove-destination', join(source, plugin, name), join(path, name)]);
    }
    if (plugin === 'io.containerd.grpc.v1.cri' || plugin.startsWith('io.containerd.runtime.') || plugin === 'tmpmounts')
      await rm(path, { recursive: true });
  }
}

async function closest(parent: string, images: readonly MachineImage[]): Promise<{ path: string; record: StoreRecord } | undefined> {
  const wanted = new Set(images.map((image) => image.digest));
  let best: { path: string; record: StoreRecord; score: number } | undefined;
  for (const name of await namesIn(parent)) {
    const text = await readText(join(parent, name, 'store.json'));
    if (text === undefined) continue;
    const record = JSON.parse(text) as StoreRecord;
    if (record.format !== storeFormat) continue;
    const shared = record.images.filter((image) => wanted.has(image.digest)).length;
    const score = shared - 0.1 * (record.images.length - shared);
    if (shared > 0 && score > (best?.score ?? 0)) best = { path: join(parent, name), record, score };
  }
  return best;
}

/** Machines hold links of their own, so a template may go at any time. */
async function prune(parent: string): Promise<void> {
  const stores = await Promise.all(
    (await namesIn(parent))
      .filter((name) => !name.startsWith('.'))
      .map(async (name) => ({ path: join(parent, name), used: (await stat(join(parent, name))).mtimeMs })),
  );
  for (const store of stores.toSorted((a, b) => b.used - a.used).slice(keptTemplates)) await removeTree(store.path);
}

async function isStore(path: string): Promise<boolean> {
  return readFile(join(path, 'store.json')).then(
    () => true,
    () => false,
  );
}
