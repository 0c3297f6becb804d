import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, messageOf, sha256Hex, SlipwayError, type Logger } from '@slipway/kit';
import { hostEnvironment, run } from './programs.ts';
import { withLock } from './lock.ts';
import { freshTemporary, removeTree } from './trees.ts';

/** What a node's root file system is made of. Data, so that a change of one word is a new digest and a new root. */
export interface NodeRecipe {
  readonly suite: string;
  readonly packages: readonly string[];
  /** Left out of the packages' files: documentation and translations no machine reads. */
  readonly exclude: readonly string[];
  /** Raised when the way of building changes without the lists changing. */
  readonly revision: number;
}

export const nodeRecipe: NodeRecipe = {
  suite: 'bookworm',
  packages: [
    'ca-certificates',
    'conntrack',
    'containerd',
    'dnsmasq-base',
    'ebtables',
    'ethtool',
    'haproxy',
    'iproute2',
    'iptables',
    'kmod',
    'libnetfilter-conntrack3',
    'mount',
    'nftables',
    'procps',
    'runc',
    'socat',
    'tini',
    'util-linux',
  ],
  exclude: ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*', '/usr/share/lintian/*'],
  revision: 2,
};

export const recipeDigest = (recipe: NodeRecipe): string => sha256Hex(canonicalJson(recipe)).slice(0, 16);

export interface NodeRootOptions {
  readonly cache: string;
  readonly logger: Logger;
  readonly recipe?: NodeRecipe;
  /** Called with what the build does now: "unpacking haproxy". */
  readonly onProgress?: (detail: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * The directory of the node root file system, made once per recipe with `mmdebstrap` and kept in the cache. Made beside and renamed, so
 * an interrupted build leaves nothing that looks finished; a second process waits for the first.
 *
 * @throws SlipwayError('Host') when mmdebstrap is missing or the packages cannot be fetched.
 */
export async function ensureNodeRoot(options: NodeRootOptions): Promise<string> {
  const recipe = options.recipe ?? nodeRecipe;
  const parent = join(options.cache, 'node-roots');
  const target = join(parent, recipeDigest(recipe));
  if (await isDirectory(target)) return target;
  await mkdir(parent, { recursive: true });
  return withLock(join(parent, '.lock'), { signal: options.signal }, async () => {
    if (await isDirectory(target)) return target;
    const work = await freshTemporary(options.cache, 'node-root');
    const root = join(work, 'root');
    const started = performance.now();
    try {
      // The caller's umask would be the mode of the root's directories.
      await run('sh', ['-c', 'umask 022 && exec mmdebstrap "$@"', 'mmdebstrap', ...mmdebstrapArguments(recipe, root)], {
        ...(options.signal && { signal: options.signal }),
        env: { ...hostEnvironment(), DEBIAN_FRONTEND: 'noninteractive' },
        as: 'mmdebstrap',
        onLine: (line) => options.onProgress?.(line.replace(/^I: /, '')),
      });
      await rename(root, target);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw new SlipwayError('Host', `The node image could not be built from Debian packages: ${messageOf(error)}`, {
        hint: 'See that a Debian mirror is reachable (apt-get update), then run the same command again.',
        cause: error,
      });
    } finally {
      await removeTree(work);
    }
    options.logger.info({ target, ms: Math.round(performance.now() - started) }, 'node root file system built');
    return target;
  });
}

/** Pure: the command line that makes the root. */
export function mmdebstrapArguments(recipe: NodeRecipe, target: string): string[] {
  return [
    '--mode=root',
    '--variant=minbase',
    '--format=directory',
    '--aptopt=Acquire::Retries "3"',
    '--aptopt=APT::Install-Recommends "false"',
    ...recipe.exclude.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    `--include=${recipe.packages.join(',')}`,
    // Package lists and caches are dead weight in a read-only root.
    '--customize-hook=rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/etc/machine-id "$1"/etc/hostname "$1"/etc/resolv.conf && mkdir -p "$1"/var/lib/containerd',
    recipe.suite,
    target,
  ];
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
