import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@slipway/kit';
import { createToolchain, type ForgeToolchain, type ToolchainOptions } from './create-toolchain.ts';
import type { Piece } from './piece.ts';
import type { Progress } from './toolchain.ts';

/** A checkout with a Go module that compiles in a moment, and a cache beside it. For tests. */
export interface Checkout {
  readonly repoRoot: string;
  readonly cacheDir: string;
  toolchain(options?: Partial<ToolchainOptions>): ForgeToolchain;
  write(path: string, content: string): Promise<void>;
  remove(): Promise<void>;
}

export const TINY: readonly Piece[] = [
  {
    name: 'tiny',
    version: 'v1.0.0',
    kind: 'binary',
    recipe: { type: 'go', module: 'tiny', programs: [{ package: '.', output: 'tiny' }] },
    release: { path: 'tiny/{version}/bin/linux/{arch}/tiny' },
  },
  {
    name: 'layer/tiny',
    version: 'v1.0.0',
    kind: 'layer',
    recipe: {
      type: 'layer',
      files: [
        { from: 'piece', piece: 'tiny', path: 'bin/tiny' },
        { from: 'link', path: 'bin/alias', to: 'tiny' },
      ],
    },
  },
  {
    name: 'image/tiny',
    version: 'v1.0.0',
    kind: 'oci-layout',
    recipe: {
      type: 'image',
      images: [
        { names: ['slipway.dev/tiny:v1.0.0'], layers: ['layer/tiny'], config: { entrypoint: ['/bin/tiny'] } },
        { names: ['slipway.dev/alias:v1.0.0', 'slipway.dev/alias:v1'], layers: ['layer/tiny'], config: { entrypoint: ['/bin/alias'] } },
      ],
    },
  },
];

const MAIN = 'package main\n\nfunc main() { print("one") }\n';

export async function makeCheckout(): Promise<Checkout> {
  const base = await mkdtemp(join(tmpdir(), 'slipway-forge-'));
  const repoRoot = join(base, 'checkout');
  const cacheDir = join(base, 'cache');
  const write = async (path: string, content: string) => {
    await mkdir(join(repoRoot, path, '..'), { recursive: true });
    await writeFile(join(repoRoot, path), content);
  };
  await write('distro/tiny/go.mod', 'module slipway.dev/distro/tiny\n\ngo 1.21\n');
  await write('distro/tiny/main.go', MAIN);
  return {
    repoRoot,
    cacheDir,
    write,
    toolchain: (options = {}) => createToolchain({ repoRoot, cacheDir, logger: silentLogger, catalogue: TINY, ...options }),
    remove: () => rm(base, { recursive: true, force: true }),
  };
}

/** Collects the states each piece went through. */
export function recordProgress(): { readonly onProgress: (progress: Progress) => void; states(piece: string): string[] } {
  const seen: Progress[] = [];
  return {
    onProgress: (progress) => seen.push(progress),
    states: (piece) => [...new Set(seen.filter((item) => item.piece === piece).map((item) => item.state))],
  };
}
