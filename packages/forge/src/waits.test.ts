import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run, SlipwayError } from '@slipway/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { applyWaits, parseWaits, type WaitList } from './waits.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-waits-'));
  await mkdir(join(dir, 'core'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const list = (occurrences = 1): WaitList => ({
  module: 'example.org/module',
  version: 'v1.0.0',
  waits: [
    {
      file: 'core/consts.go',
      constant: 'retry',
      from: 'retry = 30 * time.Second',
      to: 'retry = 2 * time.Second',
      occurrences,
      why: 'test',
    },
  ],
});
const source = (text: string) => writeFile(join(dir, 'core/consts.go'), text);

it('changes exactly the lines of the list', async () => {
  await source('const retry = 30 * time.Second\nconst other = 30 * time.Second\n');
  await applyWaits(dir, list());
  expect(await readFile(join(dir, 'core/consts.go'), 'utf8')).toBe('const retry = 2 * time.Second\nconst other = 30 * time.Second\n');
});

it.each([
  ['changed', 'const retry = 20 * time.Second\n'],
  ['there twice', 'retry = 30 * time.Second\nretry = 30 * time.Second\n'],
])('refuses when the constant is %s', async (_, text) => {
  await source(text);
  const error = await applyWaits(dir, list()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SlipwayError);
  expect((error as SlipwayError).message).toContain('core/consts.go: retry');
  expect(await readFile(join(dir, 'core/consts.go'), 'utf8')).toBe(text);
});

it('refuses when the file is gone', async () => {
  await expect(applyWaits(dir, list())).rejects.toThrow('the file is not there');
});

it("fits the pinned version of Cluster API, and Cluster API's own source", async () => {
  const module = resolve(import.meta.dirname, '../../../distro/cluster-api');
  const waits = parseWaits(await readFile(join(module, 'waits.json'), 'utf8'));
  expect(await readFile(join(module, 'go.mod'), 'utf8')).toContain(`${waits.module} ${waits.version}`);
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' };
  const { stdout } = await run('go', ['mod', 'download', '-json', waits.module], { cwd: module, env });
  const { Dir: root } = JSON.parse(stdout) as { Dir: string };
  for (const { file } of waits.waits) {
    await mkdir(join(dir, file, '..'), { recursive: true });
    await writeFile(join(dir, file), await readFile(join(root, file)));
  }
  await applyWaits(dir, waits);
});
