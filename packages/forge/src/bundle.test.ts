import { cp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@slipway/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleManifestSchema, openBundle, writeBundle } from './bundle.ts';
import { listFiles, sha256File } from './files.ts';
import { makeCheckout, recordProgress, type Checkout } from './toolchain-fixture.ts';

let origin: Checkout;
let airgapped: Checkout;
beforeEach(async () => {
  origin = await makeCheckout();
  airgapped = await makeCheckout();
});
afterEach(async () => {
  await origin.remove();
  await airgapped.remove();
});

/** Digests of the bundle's file, or of all files in its directory. */
const digests = async (path: string): Promise<string[]> =>
  (await stat(path)).isFile() ? [await sha256File(path)] : Promise.all((await listFiles(path)).map((name) => sha256File(join(path, name))));

/** A host with no compiler and nothing but the bundle. */
const offline = (bundle: string) => airgapped.toolchain({ bundles: [bundle], env: { PATH: '/nowhere' } });

describe.each(['directory', 'tar.zst'])('a content bundle as %s', (form) => {
  const target = () => join(origin.repoRoot, form === 'directory' ? 'bundle' : 'bundle.tar.zst');

  it('gives the same artefacts on a host without a compiler', async () => {
    const made = await origin.toolchain().ensure(['tiny', 'image/tiny']);
    const digest = await writeBundle(target(), await origin.toolchain().entries(['tiny', 'image/tiny']));
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const progress = recordProgress();
    const taken = await offline(target()).ensure(['tiny', 'image/tiny'], progress);
    for (const [name, artifact] of made) {
      const { path, ...facts } = artifact;
      expect(taken.get(name)).toMatchObject(facts);
      expect(taken.get(name)?.path).not.toBe(path);
    }
    expect((await run(taken.get('tiny')?.path ?? '', [])).stderr).toBe('one');
    // The layer under the image was not needed to take the image.
    expect(progress.states('layer/tiny')).toEqual([]);
    await rm(target(), { recursive: true });
    expect((await airgapped.toolchain().find('image/tiny'))?.digest).toBe(made.get('image/tiny')?.digest);
  });

  it('has the same bytes when written again', async () => {
    const entries = await origin.toolchain().entries(['tiny', 'image/tiny']);
    await writeBundle(target(), entries);
    const again = target().replace('bundle', 'again');
    await writeBundle(again, entries.toReversed());
    expect(await digests(again)).toEqual(await digests(target()));
  });
});

it('lists name, version, kind, digest, size, source and image names', async () => {
  const dir = join(origin.repoRoot, 'bundle');
  await writeBundle(dir, await origin.toolchain().entries(['image/tiny']));
  const { artefacts } = bundleManifestSchema.parse(JSON.parse(await readFile(join(dir, 'bundle.json'), 'utf8')));
  expect(artefacts).toHaveLength(1);
  expect(artefacts[0]).toMatchObject({ name: 'image/tiny', version: 'v1.0.0', kind: 'oci-layout', source: { type: 'made' } });
  expect(artefacts[0]?.names).toContain('slipway.dev/tiny:v1.0.0');
  expect(artefacts[0]?.size).toBeGreaterThan(1000);
});

it('refuses a damaged bundle, naming the file', async () => {
  const dir = join(origin.repoRoot, 'bundle');
  await writeBundle(dir, await origin.toolchain().entries(['tiny']));
  const copy = join(airgapped.repoRoot, 'bundle');
  await cp(dir, copy, { recursive: true });
  const blob = (await listFiles(join(copy, 'blobs/sha256')))[0] ?? '';
  await writeFile(join(copy, 'blobs/sha256', blob), 'something else');
  await expect(offline(copy).ensure(['tiny'])).rejects.toThrow(/tiny: The content bundle .* is damaged: tiny of tiny has SHA-256/);
  await rm(join(copy, 'blobs/sha256', blob));
  await expect(offline(copy).ensure(['tiny'])).rejects.toThrow(/lacks tiny of tiny/);
});

it('does not take another version from a bundle', async () => {
  const dir = join(origin.repoRoot, 'bundle');
  await writeBundle(dir, await origin.toolchain().entries(['tiny']));
  const bundle = await openBundle(dir, join(airgapped.cacheDir, 'bundles'));
  expect(bundle.find('tiny', 'v1.0.0')).toBeDefined();
  expect(bundle.find('tiny', 'v2.0.0')).toBeUndefined();
});

it('says that a path is not a bundle', async () => {
  await expect(openBundle(origin.repoRoot, origin.cacheDir)).rejects.toThrow('has no bundle.json');
  await expect(openBundle('/nowhere/bundle.tar.zst', origin.cacheDir)).rejects.toThrow('is not there');
});
