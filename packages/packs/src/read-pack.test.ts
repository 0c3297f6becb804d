import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packInfoSchema } from '@slipway/model';
import { describe, expect, it } from 'vitest';
import { packChart } from './chart-archive.ts';
import { readLogo } from './logo.ts';
import { readFolder } from './registries/file-tree.ts';
import { readPack } from './read-pack.ts';
import { archiveOf, fileEntry } from './testing/archives.ts';

const packs = fileURLToPath(new URL('../../../packs', import.meta.url));
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4" fill="#06c"/></svg>';
const chart = (files: Readonly<Record<string, string>>): Buffer =>
  packChart('web', [
    {
      name: 'Chart.yaml',
      data: Buffer.from('apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: 2\ndescription: A web server\nkubeVersion: ">=1.30.0-0"\n'),
    },
    ...Object.entries(files).map(([name, content]) => ({ name, data: Buffer.from(content) })),
  ]);

describe('readPack', () => {
  it('a plain chart is a pack', async () => {
    const info = await readPack(
      chart({ 'values.yaml': '# replicas\nreplicas: 1\n', 'README.md': '# web', 'values.schema.json': '{"type":"object"}' }),
    );
    expect(info).toMatchObject({
      name: 'web',
      version: '1.2.3',
      kind: 'chart',
      appVersion: '2',
      description: 'A web server',
      values: { replicas: 1 },
      valuesYaml: '# replicas\nreplicas: 1\n',
      valuesSchema: { type: 'object' },
      readme: '# web',
      metadata: { constraints: { kubernetes: '>=1.30.0-0' }, presets: [] },
    });
    expect(info.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    // What is stored as JSON is read back as it was.
    expect(packInfoSchema.parse(JSON.parse(JSON.stringify(info)))).toEqual(info);
  });

  it('slipway.yaml says more, and wins over annotations', async () => {
    const annotated = packChart('web', [
      {
        name: 'Chart.yaml',
        data: Buffer.from(
          'apiVersion: v2\nname: web\nversion: 1.2.3\nannotations:\n  slipway.dev/layer: csi\n  slipway.dev/display-name: From the annotation\n',
        ),
      },
      { name: 'slipway.yaml', data: Buffer.from('displayName: Web\nlogo: img/logo.svg\nconstraints: {clouds: [local]}\n') },
      { name: 'img/logo.svg', data: Buffer.from(SVG) },
    ]);
    const info = await readPack(annotated);
    expect(info.metadata).toMatchObject({ layer: 'csi', displayName: 'Web', constraints: { clouds: ['local'] } });
    expect(info.logo).toBe(`data:image/svg+xml;base64,${Buffer.from(SVG).toString('base64')}`);
  });

  it('a pack of manifests has its name and version in slipway.yaml, with or without a folder around it', async () => {
    const slipway = 'kind: Pack\nname: rules\nversion: 1.0.0\nlayer: addon\n';
    for (const folder of ['rules/', '']) {
      const archive = archiveOf(
        fileEntry(`${folder}slipway.yaml`, slipway),
        fileEntry(`${folder}b.yaml`, 'kind: B'),
        fileEntry(`${folder}manifests/a.yml`, 'kind: A'),
        fileEntry(`${folder}README.md`, 'text'),
      );
      expect(await readPack(archive)).toMatchObject({
        kind: 'manifests',
        name: 'rules',
        version: '1.0.0',
        readme: 'text',
        manifests: [
          { name: 'b.yaml', content: 'kind: B' },
          { name: 'manifests/a.yml', content: 'kind: A' },
        ],
      });
    }
    await expect(readPack(archiveOf(fileEntry('r/slipway.yaml', 'layer: addon'), fileEntry('r/a.yaml', 'a')))).rejects.toThrow(
      /name: is required.*version: is required/,
    );
    await expect(readPack(archiveOf(fileEntry('r/slipway.yaml', slipway)))).rejects.toThrow(/holds no manifests/);
    await expect(readPack(archiveOf(fileEntry('r/a.yaml', 'a')))).rejects.toThrow(/no Chart.yaml, and no slipway.yaml/);
  });

  it('charts in it are listed, packed ones and folders', async () => {
    const sub = packChart('sub', [{ name: 'Chart.yaml', data: Buffer.from('apiVersion: v2\nname: sub\nversion: 0.1.0\n') }]);
    const info = await readPack(
      packChart('web', [
        { name: 'Chart.yaml', data: Buffer.from('apiVersion: v2\nname: web\nversion: 1.2.3\n') },
        { name: 'charts/sub.tgz', data: sub },
        { name: 'charts/other/Chart.yaml', data: Buffer.from('apiVersion: v1\nname: other\nversion: 3.0.0\n') },
      ]),
    );
    expect(info.subcharts).toEqual([
      { name: 'other', version: '3.0.0' },
      { name: 'sub', version: '0.1.0' },
    ]);
  });

  it('what helm takes is no reason to refuse a chart: a key twice, a version range it cannot read', async () => {
    const info = await readPack(chart({ 'values.yaml': 'a: 1\nb: 2\na: 3\n', 'Chart.lock': 'x' }));
    expect(info.values).toEqual({ a: 3, b: 2 });
    const odd = packChart('web', [
      { name: 'Chart.yaml', data: Buffer.from('apiVersion: v2\nname: web\nversion: 1.2.3\nkubeVersion: some\n') },
    ]);
    expect((await readPack(odd)).remarks).toEqual([
      { field: 'Chart.yaml: kubeVersion', message: expect.stringContaining('not a version range') },
    ]);
  });

  it('reads every pack of the library', async () => {
    const names = (await readdir(packs, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() && entry.name !== 'profiles')
      .map(({ name }) => name);
    let read = 0;
    for (const name of names) {
      const tree = await readFolder(join(packs, name));
      if (!tree.files.some(({ path }) => path === 'Chart.yaml')) continue;
      const contents = await tree.read(tree.files);
      const info = await readPack(
        packChart(
          name,
          tree.files.map(({ path }, index) => ({ name: path, data: contents[index] ?? Buffer.alloc(0) })),
        ),
      );
      expect(info.name).toBe(name);
      expect(info.metadata.layer, name).toBeDefined();
      read += 1;
    }
    expect(read).toBeGreaterThan(1);
    expect((await readFile(join(packs, 'metrics-server/Chart.yaml'), 'utf8')).length).toBeGreaterThan(0);
  });
});

describe('a logo', () => {
  const png = (width: number, height: number): Buffer => {
    const data = Buffer.alloc(64);
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).copy(data);
    data.write('IHDR', 12, 'latin1');
    data.writeUInt32BE(width, 16);
    data.writeUInt32BE(height, 20);
    return data;
  };
  it('is a PNG or an SVG that only draws', () => {
    expect(readLogo(png(64, 64))).toHaveProperty('uri', expect.stringMatching(/^data:image\/png;base64,/));
    expect(readLogo(Buffer.from(SVG))).toHaveProperty('uri');
    const gradient = `<?xml version="1.0"?><!-- made by hand --><svg xmlns="http://www.w3.org/2000/svg"><defs><linearGradient id="g"><stop offset="0"/></linearGradient></defs><rect fill="url(#g)"/><use href="#g"/></svg>`;
    expect(readLogo(Buffer.from(gradient))).toHaveProperty('uri');
  });
  it.each([
    ['a script', '<svg><script>alert(1)</script></svg>'],
    ['a handler', '<svg onload="alert(1)"/>'],
    ['foreign HTML', '<svg><foreignObject><body/></foreignObject></svg>'],
    ['an image from elsewhere', '<svg><image href="http://169.254.169.254/"/></svg>'],
    ['a link', '<svg><a href="javascript:alert(1)">x</a></svg>'],
    ['a use of elsewhere', '<svg><use xlink:href="http://evil/x.svg#a"/></svg>'],
    ['a fill from elsewhere', '<svg><rect fill="url(http://evil/)"/></svg>'],
    ['a style sheet', '<svg><style>@import "http://evil/"</style></svg>'],
    ['a hidden address', '<svg><rect style="fill: u&#114;l(http://evil/)"/></svg>'],
    ['an entity', '<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>'],
    ['an entity after the heading', '<?xml version="1.0"?><!DOCTYPE svg SYSTEM "http://evil/x.dtd"><svg/>'],
    ['an animation', '<svg><animate attributeName="href" values="javascript:alert(1)"/></svg>'],
    ['CDATA', '<svg><![CDATA[<script>]]></svg>'],
    ['an open tag', '<svg><rect fill="'],
    ['a web page', '<html><body/></html>'],
    ['a JPEG', '\u00ff\u00d8\u00ff'],
  ])('with %s is refused', (_what, text) => {
    expect(readLogo(Buffer.from(text))).toHaveProperty('refused');
  });
  it('that a browser would need gigabytes for is refused', () => {
    expect(readLogo(png(60_000, 60_000))).toEqual({ refused: 'it is larger than 2048 by 2048 pixels' });
    expect(readLogo(png(0, 5))).toHaveProperty('refused');
  });
  it('takes no time to be refused', () => {
    const started = process.cpuUsage();
    for (const text of [
      '<svg ' + 'a="b" '.repeat(40_000),
      `<svg>${'<'.repeat(200_000)}`,
      `<svg>${'<!--'.repeat(60_000)}`,
      `<svg><rect ${' '.repeat(200_000)}`,
    ])
      readLogo(Buffer.from(text));
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(5);
  });
});
