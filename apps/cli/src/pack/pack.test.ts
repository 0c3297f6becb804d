import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '@slipway/kit';
import { readPack } from '@slipway/packs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliMain } from '../testing/cli-hub.ts';

/** The command as a process; no hub is there. */
describe('slipway pack', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-pack-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const slipway = async (...args: string[]) => {
    const env = { PATH: process.env['PATH'], SLIPWAY_CONFIG: join(dir, 'none.yaml'), SLIPWAY_HOME: join(dir, 'home'), NO_COLOR: '1' };
    const { code, stdout, stderr } = await run(process.execPath, [cliMain, ...args], { env, cwd: dir, allow: [1, 2, 4], as: 'slipway' });
    return { code, out: stdout, talk: stderr };
  };
  const write = async (folder: string, files: Readonly<Record<string, string>>): Promise<string> => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, folder, name)), { recursive: true });
      await writeFile(join(dir, folder, name), text);
    }
    return join(dir, folder);
  };
  const CHART = 'apiVersion: v2\nname: web\nversion: 1.2.3\n';

  it('lint names what is wrong and what is missing, and its exit code says it', async () => {
    const good = await write('good', {
      'Chart.yaml': CHART,
      'slipway.yaml': 'displayName: Web\nlayer: addon\nimages: [a/b:1]\n',
      'README.md': '# web\n',
      'values.schema.json': '{"type":"object","required":["host"]}',
      'values.yaml': 'replicas: 1\n',
    });
    const fine = await slipway('pack', 'lint', good);
    expect(fine).toMatchObject({ code: 0, talk: '' });
    expect(fine.out).toMatch(/^Name: +web \(Web\)$/m);
    expect(fine.out).toMatch(/warning {2}values\.host: has to be set where the pack is used\n0 errors, 1 warning\n$/);
    expect((await slipway('pack', 'lint', good, '--strict')).code).toBe(1);

    const bad = await write('bad', {
      'Chart.yaml': `${CHART}kubeVersion: newest\n`,
      'slipway.yaml':
        'presets: [{name: a, group: g, values: {replicas: many}}, {name: b, group: g, remove: [gone]}, {name: b, group: g}]\nimages: [a/b, "c/d:latest"]\nconstraints: {dependencies: [{pack: web}, {pack: x}, {pack: x, type: conflicts}]}\n',
      'values.schema.json':
        '{"properties":{"replicas":{"type":"integer"},"mode":{"enum":["a"]},"pod":{"$ref":"https://example.org/pod.json"}}}',
      'values.yaml': 'replicas: 1\nmode: b\n',
    });
    const { code, out } = await slipway('pack', 'lint', bad, '-o', 'json');
    expect(code).toBe(1);
    const { problems } = JSON.parse(out) as { problems: { level: string; field: string }[] };
    expect(problems.map(({ level, field }) => `${level} ${field}`)).toEqual([
      'warning Chart.yaml: kubeVersion',
      'warning layer',
      'warning displayName',
      'warning README.md',
      'warning presets[1].remove',
      'error presets[2].name',
      'error constraints.dependencies[0]',
      'error constraints.dependencies[2]',
      'warning images[0]',
      'warning images[1]',
      'warning values.schema.json: properties.pod["$ref"]',
      'error values.mode',
      'error presets[0] ("a").replicas',
    ]);
  });

  it('lint refuses what is no pack, with the reason and what to do', async () => {
    const broken = await write('broken', { 'Chart.yaml': CHART, 'slipway.yaml': 'constraints: {kubernetes: new}\ncolour: red\n' });
    const refused = await slipway('pack', 'lint', broken);
    expect(refused.code).toBe(1);
    expect(refused.talk).toMatch(/constraints\.kubernetes: must be a version range/);
    const palette = await write('palette-one', { 'pack.json': '{"name":"a"}' });
    expect((await slipway('pack', 'lint', palette)).talk).toMatch(/slipway pack import/);
    expect(await slipway('pack', 'lint', join(dir, 'nowhere'))).toMatchObject({ code: 4 });
    await symlink('/etc/passwd', join(await write('linked', { 'Chart.yaml': CHART }), 'values.yaml'));
    expect((await slipway('pack', 'lint', join(dir, 'linked'))).talk).toMatch(/not a plain file/);
  });

  it('a pack of manifests is checked document by document', async () => {
    const rules = await write('rules', {
      'slipway.yaml': 'name: rules\nversion: 1.0.0\nlayer: addon\ndisplayName: Rules\n',
      'README.md': 'x',
      'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\nkind: Odd\n',
      'b.yaml': 'a: [',
    });
    const { code, out } = await slipway('pack', 'lint', rules);
    expect(code).toBe(1);
    expect(out).toMatch(/error {4}a\.yaml, document 2: is no Kubernetes object/);
    expect(out).toMatch(/error {4}b\.yaml: it cannot be read/);
  });

  it('show has values, schema and README, and everything as JSON', async () => {
    const good = join(dir, 'good');
    expect((await slipway('pack', 'show', good, '--values')).out).toBe('replicas: 1\n');
    expect((await slipway('pack', 'show', good, '--readme')).out).toBe('# web\n');
    expect(JSON.parse((await slipway('pack', 'show', good, '--schema')).out)).toEqual({ type: 'object', required: ['host'] });
    expect(JSON.parse((await slipway('pack', 'show', good, '-o', 'json')).out)).toMatchObject({
      name: 'web',
      version: '1.2.3',
      kind: 'chart',
    });
    expect((await slipway('pack', 'show', join(dir, 'rules'), '--values')).talk).toMatch(/has no values\.yaml/);
  });

  it('import makes packs of many folders, reports, and writes nothing outside of its folder', async () => {
    const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {zone: "{{.spectro.macro.ZONE}}"}\n';
    await write('palette/rules/1.0.0', {
      'pack.json': '{"name":"rules","version":"1.0.0","layer":"addon","kubeManifests":["manifests/a.yaml"]}',
      'manifests/a.yaml': manifest,
      'values.yaml': '',
    });
    await write('palette/rules/1.1.0', {
      'pack.json': '{"name":"../rules","version":"1.1.0","layer":"addon","kubeManifests":["manifests/a.yaml"],"eol":"soon"}',
      'manifests/a.yaml': manifest,
      'values.yaml': '',
    });
    await write('palette/debian', { 'pack.json': '{"name":"debian","version":"12.0.0","layer":"os"}', 'values.yaml': '' });
    const { code, out } = await slipway('pack', 'import', 'palette', '--out', 'made');
    expect(code).toBe(0);
    expect(out).toMatch(/^rules 1\.0\.0: made\/rules-1\.0\.0\.tgz \(manifests\)$/m);
    expect(out).toMatch(/^debian 12\.0\.0: nothing made, 2 findings$/m);
    expect(out).toMatch(/^ {2}pack\.json: eol: "soon" is no date/m);
    expect(out).toMatch(/\n3 folders: 2 packs made, 1 of them without findings; 4 findings in all\n$/);
    expect((await readdir(join(dir, 'made'))).toSorted()).toEqual(['rules-1.0.0.tgz', 'rules-1.1.0.tgz']);
    const info = await readPack(await readFile(join(dir, 'made/rules-1.0.0.tgz')));
    expect(info.manifests[0]?.content).toContain('zone: "{{ .macro.ZONE }}"');

    expect((await slipway('pack', 'import', 'palette', '--out', 'strict', '--strict')).code).toBe(1);
    const json = JSON.parse((await slipway('pack', 'import', 'palette/rules', '--out', 'json', '-o', 'json')).out) as object[];
    expect(json).toMatchObject([{ file: 'json/rules-1.0.0.tgz', findings: [] }, { findings: [{ path: 'name' }, { path: 'eol' }] }]);
    expect(await slipway('pack', 'import', 'good', '--out', 'x')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/failed: The folder is no Palette pack/),
    });
    expect((await slipway('pack', 'import', 'gone', '--out', 'x')).code).toBe(4);
  });
});
