import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@slipway/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listFiles, sha256File } from './files.ts';
import { writeOciLayout } from './oci-layout.ts';
import { writeTar, type TarEntry } from './tar.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-oci-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const LONG = `usr/share/${'very-long-directory-name/'.repeat(6)}file`;
const ENTRIES: readonly TarEntry[] = [
  { type: 'file', path: 'usr/bin/program', mode: 0o755, source: Buffer.from('x'.repeat(1000)) },
  { type: 'link', path: 'usr/bin/alias', to: 'program', mode: 0o777 },
  { type: 'directory', path: 'home/nonroot', mode: 0o700, uid: 65532 },
  { type: 'file', path: LONG, mode: 0o644, source: Buffer.from('deep') },
  { type: 'link', path: 'far', to: `${LONG}/${'further/'.repeat(10)}`, mode: 0o777 },
];

it('writes a tar that tar understands, long names, links, owners and modes included', async () => {
  const file = join(dir, 'a.tar');
  await writeTar(file, ENTRIES);
  const { stdout } = await run('tar', ['--numeric-owner', '-tvf', file]);
  expect(stdout).toContain('-rwxr-xr-x 0/0            1000 1970-01-01 00:00 usr/bin/program');
  expect(stdout).toContain('usr/bin/alias -> program');
  expect(stdout).toMatch(/drwx------ 65532\/65532 .* home\/nonroot\//);
  expect(stdout).toContain(`${LONG}\n`);
  const out = join(dir, 'out');
  await mkdir(out);
  await run('tar', ['-xf', file, '-C', out]);
  expect(await readFile(join(out, LONG), 'utf8')).toBe('deep');
});

it('gives the same bytes whatever the order of entries and the times of files', async () => {
  const source = join(dir, 'source');
  await writeFile(source, 'content');
  const entries = (): TarEntry[] => [...ENTRIES, { type: 'file', path: 'z', mode: 0o644, source }];
  const first = await writeTar(join(dir, 'a.tar'), entries());
  await utimes(source, 1_000_000, 2_000_000);
  const second = await writeTar(join(dir, 'b.tar'), entries().toReversed());
  expect(second).toEqual(first);
  expect(await sha256File(join(dir, 'b.tar'))).toBe(first.sha256);
});

it('writes a layout whose every blob is what its name says and whose descriptors fit', async () => {
  const file = join(dir, 'layer.tar');
  const layer = { file, ...(await writeTar(file, ENTRIES)) };
  const config = { entrypoint: ['/usr/bin/program'], user: '65532:65532', env: ['A=b'], workingDir: '/' };
  const write = (name: string) =>
    writeOciLayout(join(dir, name), [{ names: ['slipway.dev/program:v1', 'slipway.dev/program:v1.0'], layers: [layer], config }]);
  const digest = await write('first');
  expect(await write('second')).toBe(digest);
  const blobs = join(dir, 'first/blobs/sha256');
  for (const name of await listFiles(blobs)) expect(await sha256File(join(blobs, name))).toBe(name);

  const index = JSON.parse(await readFile(join(dir, 'first/index.json'), 'utf8')) as { manifests: { digest: string; size: number }[] };
  expect(index.manifests).toHaveLength(2);
  const blob = async (wanted: string) => readFile(join(blobs, wanted.replace('sha256:', '')));
  const text = await blob(index.manifests[0]?.digest ?? '');
  expect(text.length).toBe(index.manifests[0]?.size);
  const manifest = JSON.parse(text.toString()) as { config: { digest: string }; layers: { digest: string; size: number }[] };
  expect(manifest.layers).toEqual([
    { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${layer.sha256}`, size: layer.size },
  ]);
  const image = JSON.parse((await blob(manifest.config.digest)).toString()) as { rootfs: { diff_ids: string[] }; config: { User: string } };
  expect(image.rootfs.diff_ids).toEqual([
    `sha256:${createHash('sha256')
      .update(await readFile(file))
      .digest('hex')}`,
  ]);
  expect(image.config.User).toBe('65532:65532');
});
