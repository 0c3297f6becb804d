import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@slipway/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeBundle } from './bundle.ts';
import type { Piece } from './piece.ts';
import { makeCheckout, recordProgress, type Checkout } from './toolchain-fixture.ts';
import type { Artifact } from './toolchain.ts';

const CATALOGUE: readonly Piece[] = [
  {
    name: 'layer/base',
    version: '1',
    kind: 'layer',
    recipe: { type: 'layer', files: [{ from: 'text', path: 'etc/base', content: 'base\n' }] },
  },
  {
    name: 'image/program',
    version: '0.1.0',
    kind: 'oci-layout',
    recipe: {
      type: 'program-image',
      repository: 'slipway.dev/program',
      layers: ['layer/base'],
      entry: 'apps/program/src/main.ts',
      path: 'app/program.mjs',
      config: { entrypoint: ['/usr/local/bin/node', '/app/program.mjs'] },
    },
  },
];

let checkout: Checkout;
beforeEach(async () => {
  checkout = await makeCheckout();
  await checkout.write('apps/program/src/words.ts', 'export const words: string = "hello";\n');
  await checkout.write(
    'apps/program/src/main.ts',
    'import { words } from "./words.ts";\nconst say = (text: string): void => console.log(text);\nsay(words);\n',
  );
});
afterEach(() => checkout.remove());

async function ensure(): Promise<{ image: Artifact; base: string[]; ms: number }> {
  const progress = recordProgress();
  const begun = performance.now();
  const image = (await checkout.toolchain({ catalogue: CATALOGUE }).ensure(['image/program'], progress)).get('image/program');
  if (!image) throw new Error('no image');
  return { image, base: progress.states('layer/base'), ms: performance.now() - begun };
}

/** The layers of a layout's only image, lowest first. */
async function layers(image: Artifact): Promise<string[]> {
  const blob = (digest: string) => join(image.path, 'blobs/sha256', digest.replace('sha256:', ''));
  const index = JSON.parse(await readFile(join(image.path, 'index.json'), 'utf8')) as { manifests: { digest: string }[] };
  const manifest = JSON.parse(await readFile(blob(index.manifests[0]?.digest ?? ''), 'utf8')) as { layers: { digest: string }[] };
  return manifest.layers.map((layer) => blob(layer.digest));
}

const digests = async (image: Artifact) => (await layers(image)).map((path) => path.split('/').at(-1));

it('bundles the program with what it imports, and the bundle runs', async () => {
  const { image } = await ensure();
  const top = (await layers(image)).at(-1) ?? '';
  const { stdout: code } = await run('tar', ['-xOf', top, 'app/program.mjs']);
  expect((await run(process.execPath, ['--input-type=module', '-e', code])).stdout).toBe('hello\n');
});

it('gives another tag when the program changes, on the same layers, in well under 2 s', async () => {
  const before = await ensure();
  await checkout.write('apps/program/src/words.ts', 'export const words: string = "goodbye";\n');
  const after = await ensure();
  expect(after.image.names).toHaveLength(1);
  expect(after.image.names).not.toEqual(before.image.names);
  expect(after.base).toEqual(['cached']);
  const [old, now] = [await digests(before.image), await digests(after.image)];
  expect(now[0]).toBe(old[0]);
  expect(now[1]).not.toBe(old[1]);
  expect(after.ms).toBeLessThan(2000);
});

it('keeps the tag while the program stays as it is', async () => {
  const first = await ensure();
  expect((await ensure()).image).toEqual(first.image);
});

it('says what is wrong with a program that cannot be bundled', async () => {
  await checkout.write('apps/program/src/main.ts', 'import "./gone.ts";\n');
  await expect(ensure()).rejects.toThrow(/apps\/program\/src\/main\.ts could not be bundled.*gone/s);
});

it('is taken from a content bundle only when that was made from the same source', async () => {
  const bundle = join(checkout.repoRoot, 'bundle');
  await writeBundle(bundle, await checkout.toolchain({ catalogue: CATALOGUE }).entries(['image/program']));
  const source = async (cacheDir: string) =>
    (await checkout.toolchain({ catalogue: CATALOGUE, bundles: [bundle], cacheDir }).entries(['image/program']))[0]?.entry.source.type;
  expect(await source(join(checkout.cacheDir, 'same'))).toBe('bundle');
  await checkout.write('apps/program/src/words.ts', 'export const words: string = "edited";\n');
  expect(await source(join(checkout.cacheDir, 'edited'))).toBe('made');
});
