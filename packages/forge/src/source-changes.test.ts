import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run, SlipwayError } from '@slipway/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { applyChanges, parseChanges, type ChangeList } from './source-changes.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-changes-'));
  await mkdir(join(dir, 'core'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const list = (occurrences = 1): ChangeList => ({
  module: 'example.org/module',
  version: 'v1.0.0',
  changes: [
    {
      file: 'core/consts.go',
      what: 'retry',
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
  await applyChanges(dir, list());
  expect(await readFile(join(dir, 'core/consts.go'), 'utf8')).toBe('const retry = 2 * time.Second\nconst other = 30 * time.Second\n');
});

it.each([
  ['changed', 'const retry = 20 * time.Second\n'],
  ['there twice', 'retry = 30 * time.Second\nretry = 30 * time.Second\n'],
])('refuses when the constant is %s', async (_, text) => {
  await source(text);
  const error = await applyChanges(dir, list()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SlipwayError);
  expect((error as SlipwayError).message).toContain('core/consts.go: retry');
  expect(await readFile(join(dir, 'core/consts.go'), 'utf8')).toBe(text);
});

it('refuses when the file is gone', async () => {
  await expect(applyChanges(dir, list())).rejects.toThrow('the file is not there');
});

it.each([
  ['cluster-api', 'waits.json'],
  ['flannel', 'changes.json'],
])("of %s fits the pinned version, and that version's own source", async (name, file) => {
  const module = resolve(import.meta.dirname, '../../../distro', name);
  const list = parseChanges(await readFile(join(module, file), 'utf8'));
  expect(await readFile(join(module, 'go.mod'), 'utf8')).toContain(`${list.module} ${list.version}`);
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' };
  const { stdout } = await run('go', ['mod', 'download', '-json', list.module], { cwd: module, env });
  const { Dir: root } = JSON.parse(stdout) as { Dir: string };
  for (const { file: changed } of list.changes) {
    await mkdir(join(dir, changed, '..'), { recursive: true });
    await writeFile(join(dir, changed), await readFile(join(root, changed)));
  }
  await applyChanges(dir, list);
});
