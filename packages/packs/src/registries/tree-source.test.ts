import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createOutbound } from '@slipway/kit/outbound';
import { type RegistryInput, registrySpecSchema } from '@slipway/model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packChart, readChart } from '../chart-archive.ts';
import { createSource } from './create-source.ts';
import { allowedFolders, type AllowedFolders } from './file-tree.ts';
import { withGitTree } from './git-source.ts';
import { createReach } from './reach.ts';

const run = promisify(execFile);
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-tree-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const NOTHING_KNOWN = { find: () => undefined };
const chartYaml = (name: string, version: string) => `apiVersion: v2\nname: ${name}\nversion: ${version}\ndescription: ${name} for you\n`;

async function write(files: Readonly<Record<string, string | Buffer>>, root = dir): Promise<void> {
  for (const [path, data] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), data);
  }
}

const source = (spec: RegistryInput, folders: AllowedFolders = [], tenant = 'default') =>
  createSource(
    { reach: createReach(createOutbound()), builtinDir: join(dir, 'builtin'), workDir: join(dir, 'work'), folders },
    { tenant, name: 'r' },
    registrySpecSchema.parse(spec),
  );

const PACKS = {
  'web/Chart.yaml': chartYaml('web', '1.0.0'),
  'web/templates/a.yaml': 'kind: X\n',
  'web/charts/part/Chart.yaml': chartYaml('part', '0.1.0'),
  'old/web/1.0.0-rc.1/Chart.yaml': chartYaml('web', '1.0.0-rc.1'),
  'archives/db-2.0.0.tgz': packChart('db', [{ name: 'Chart.yaml', data: Buffer.from(chartYaml('db', '2.0.0')) }]),
  'plain/slipway.yaml': 'name: plain\nversion: 0.1.0\nlayer: addon\ndescription: No chart\n',
  'plain/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n',
  'broken/Chart.yaml': 'name: [',
  'README.md': '# Packs\n',
};

test('a folder that the installation allows: charts, older versions of them, archives; parts of a chart are no packs', async () => {
  await write(PACKS, join(dir, 'packs'));
  const folder = source({ type: 'folder', path: join(dir, 'packs') }, [{ path: dir }]);
  const catalogue = await folder.catalogue(NOTHING_KNOWN);
  const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);
  expect(catalogue?.packs).toEqual([
    { name: 'db', versions: [{ version: '2.0.0', description: 'db for you', digest }] },
    { name: 'plain', versions: [{ version: '0.1.0', digest, description: 'No chart', annotations: { 'slipway.dev/layer': 'addon' } }] },
    {
      name: 'web',
      versions: [
        { version: '1.0.0', description: 'web for you', digest },
        { version: '1.0.0-rc.1', description: 'web for you', digest },
      ],
    },
  ]);
  expect(catalogue?.remarks.join()).toMatch(/^broken\/Chart\.yaml: /);
  const { archive } = await folder.fetch({ name: 'web', version: '1.0.0' });
  expect((await readChart(archive)).files.map(({ name }) => name)).toContain('web/charts/part/Chart.yaml');
  expect((await folder.fetch({ name: 'db', version: '2.0.0' })).archive).toEqual(PACKS['archives/db-2.0.0.tgz']);
  await expect(folder.fetch({ name: 'web', version: '3.0.0' })).rejects.toMatchObject({
    code: 'NotFound',
    hint: 'It has: 1.0.0-rc.1, 1.0.0.',
  });
});

test('a folder of the hub’s machine that nobody allowed is not read, however it is written', async () => {
  await write({ 'secret/web/Chart.yaml': chartYaml('web', '1.0.0'), 'allowed/x/Chart.yaml': chartYaml('x', '1.0.0') });
  await symlink(join(dir, 'secret'), join(dir, 'allowed', 'way-out'));
  await symlink('/etc/hostname', join(dir, 'allowed', 'x', 'file'));
  const allowed = allowedFolders(`${join(dir, 'allowed')}, acme=${join(dir, 'secret')}`);
  const refused = { code: 'Forbidden', message: expect.stringMatching(/is not one that registries may use/) };
  for (const path of [join(dir, 'secret'), join(dir, 'allowed', 'way-out'), '/etc', '/', `${join(dir, 'allowed')}-not-there`])
    await expect(source({ type: 'folder', path }, allowed).catalogue(NOTHING_KNOWN), path).rejects.toMatchObject(refused);
  // One tenant's folder is not another's.
  expect((await source({ type: 'folder', path: join(dir, 'secret') }, allowed, 'acme').catalogue(NOTHING_KNOWN))?.packs).toHaveLength(1);
  // A link inside is never followed, and a chart with one is refused.
  const inside = source({ type: 'folder', path: join(dir, 'allowed') }, allowed);
  expect(await inside.catalogue(NOTHING_KNOWN)).toMatchObject({ packs: [], remarks: [expect.stringMatching(/^x: .*not a plain file/)] });
  await expect(inside.fetch({ name: 'x', version: '1.0.0' })).rejects.toThrow(/not a plain file/);
  expect(() => registrySpecSchema.parse({ type: 'folder', path: '/srv/../etc' })).toThrow(/absolute path/);
  expect(() => allowedFolders('relative/path')).toThrow(/not an absolute path/);
});

/** A repository over HTTP without TLS, as the smart protocol's server program gives it. */
async function repository(name = 'work-tree'): Promise<string> {
  const root = join(dir, name);
  await write(PACKS, root);
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=main', ...args], { cwd: root });
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'one');
  await git('tag', 'v1');
  await write({ 'web/Chart.yaml': chartYaml('web', '1.1.0') }, root);
  await symlink('/etc/passwd', join(root, 'web', 'templates', 'link.yaml'));
  await git('add', '-A');
  await git('commit', '-q', '-m', 'two');
  return root;
}

test('a git repository: newest commit or a tag, a folder of it, nothing is checked out', async () => {
  const { serveGit } = await import('./git-fixture.ts');
  const server = await serveGit(await repository());
  try {
    const read = (ref?: string, path = '') =>
      withGitTree(
        {
          remote: { url: server.url, credentials: { type: 'none' }, plainHttp: true, addresses: [{ address: '127.0.0.1', family: 4 }] },
          ref,
          path,
          workDir: join(dir, 'work'),
          from: 'git repository',
        },
        async (tree, commit) => ({
          commit,
          files: tree.files,
          chart: (
            await tree.read(tree.files.filter((file) => file.path.endsWith('web/Chart.yaml') || file.path === 'Chart.yaml'))
          )[0]?.toString(),
        }),
      );
    const newest = await read();
    expect(newest.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(newest.chart).toBeDefined();
    expect(newest.files.find(({ path }) => path === 'web/templates/link.yaml')?.kind).toBe('other');
    expect((await read('v1', 'web')).chart).toContain('version: 1.0.0');
    expect((await read(undefined, 'web')).chart).toContain('version: 1.1.0');
    await expect(read('nope')).rejects.toThrow(/The git repository cannot be used: .*nope/);
    expect(await readdir(join(dir, 'work'))).toEqual([]);
  } finally {
    await server.close();
  }
}, 60_000);

test('git: credentials are sent in a header and are in no argument and no environment; redirects and other protocols are not followed', async () => {
  const { serveGit } = await import('./git-fixture.ts');
  const inside = await serveGit(await repository('inside'));
  const server = await serveGit(await repository(), { password: 'hunter2-secret', redirectTo: inside.url });
  try {
    const open = (url: string, password = 'hunter2-secret') =>
      withGitTree(
        {
          remote: {
            url,
            credentials: { type: 'basic', username: 'me', password },
            plainHttp: true,
            addresses: [{ address: '127.0.0.1', family: 4 }],
          },
          path: '',
          workDir: join(dir, 'work'),
          from: 'git repository',
        },
        async (tree) => tree.files.length,
      );
    expect(await open(server.url)).toBeGreaterThan(3);
    expect(server.seen.join('\n')).toContain('Basic');
    const commands = server.commands().join('\n');
    expect(commands).toContain('--no-recurse-submodules');
    expect(commands).not.toContain('hunter2');
    expect(commands).not.toContain(Buffer.from('me:hunter2-secret').toString('base64'));
    await expect(open(server.url, 'wrong')).rejects.toThrow(/cannot be used/);
    await expect(open(`${server.url}/moved`)).rejects.toThrow(/cannot be used/);
    expect(inside.seen).toEqual([]);
    for (const url of ['file:///etc', 'ext::sh -c id', 'git://127.0.0.1/x', '--upload-pack=id'])
      await expect(open(url), url).rejects.toThrow();
  } finally {
    await server.close();
    await inside.close();
  }
}, 60_000);
