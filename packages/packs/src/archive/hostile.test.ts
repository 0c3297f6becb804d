import { gzipSync } from 'node:zlib';
import { run } from '@slipway/kit';
import { expect, test } from 'vitest';
import { CHART_LIMITS } from '../chart-archive.ts';
import { readPack } from '../read-pack.ts';
import { archiveOf, CHART_YAML, chartEntry, fileEntry, paxEntry, tarEntry, tarOf } from '../testing/archives.ts';

const MB = 1024 * 1024;
const chart = (yaml: string): Buffer => archiveOf(fileEntry('web/Chart.yaml', yaml));
const beside = (name: string, content: string | Buffer): Buffer => archiveOf(chartEntry, fileEntry(`web/${name}`, content));
const nestedCharts = (levels: number): Buffer =>
  levels === 0 ? archiveOf(chartEntry) : archiveOf(chartEntry, fileEntry('web/charts/web.tgz', nestedCharts(levels - 1)));
const laughs = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`),
].join('\n');

const CASES: readonly (readonly [string, () => Buffer, RegExp])[] = [
  ['path traversal', () => archiveOf(chartEntry, tarEntry('web/../../etc/x', '0')), /leads out/],
  [
    'path traversal by a long name of GNU',
    () => archiveOf(chartEntry, tarEntry('././@LongLink', 'L', Buffer.from('../../etc/x\0')), tarEntry('web/a', '0')),
    /leads out/,
  ],
  ['path traversal by pax', () => archiveOf(chartEntry, paxEntry({ path: 'web/../../x' }), tarEntry('web/a', '0')), /leads out/],
  ['an absolute path', () => archiveOf(chartEntry, tarEntry('/etc/passwd', '0')), /leads out/],
  ['a path of Windows', () => archiveOf(chartEntry, tarEntry('C:/x', '0')), /leads out/],
  ['a path with a backslash', () => archiveOf(chartEntry, tarEntry('web\\..\\x', '0')), /leads out/],
  ['a path with a line end', () => archiveOf(chartEntry, tarEntry('web/a\nb', '0')), /characters that no path should have/],
  [
    'a path with an escape of terminals',
    () => archiveOf(chartEntry, tarEntry('web/\u001b[2J', '0')),
    /characters that no path should have/,
  ],
  ['a path that reads backwards', () => archiveOf(chartEntry, tarEntry('web/\u202egpj.exe', '0')), /characters that no path should have/],
  [
    'a path that is no UTF-8',
    () => archiveOf(chartEntry, tarEntry(Buffer.from([0x77, 0x65, 0x62, 0x2f, 0xff, 0xfe]), '0')),
    /characters that no path should have/,
  ],
  ['a symbolic link', () => archiveOf(chartEntry, tarEntry('web/link', '2')), /symbolic link/],
  ['a hard link', () => archiveOf(chartEntry, tarEntry('web/link', '1')), /hard link/],
  ['a symbolic link by pax', () => archiveOf(chartEntry, paxEntry({ linkpath: '/etc' }), tarEntry('web/a', '0')), /changes sizes, links/],
  ['a character device', () => archiveOf(chartEntry, tarEntry('web/null', '3')), /a device/],
  ['a block device', () => archiveOf(chartEntry, tarEntry('web/sda', '4')), /a device/],
  ['a named pipe', () => archiveOf(chartEntry, tarEntry('web/pipe', '6')), /named pipe/],
  ['a sparse file', () => archiveOf(chartEntry, tarEntry('web/a', 'S')), /sparse/],
  [
    'a sparse file by pax',
    () => archiveOf(chartEntry, paxEntry({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'b' }), tarEntry('web/a', '0')),
    /changes sizes, links/,
  ],
  ['another size by pax', () => archiveOf(chartEntry, paxEntry({ size: '9' }), tarEntry('web/a', '0')), /changes sizes/],
  [
    'another character set by pax',
    () => archiveOf(chartEntry, paxEntry({ hdrcharset: 'BINARY' }), tarEntry('web/a', '0')),
    /changes sizes/,
  ],
  [
    'a path for all by pax',
    () => archiveOf(chartEntry, paxEntry({ path: 'web/b' }, 'g'), tarEntry('web/a', '0')),
    /global header names a path/,
  ],
  [
    'two paths in one pax header',
    () => archiveOf(chartEntry, tarEntry('p', 'x', Buffer.from('14 path=web/a\n14 path=web/b\n')), tarEntry('web/c', '0')),
    /two paths/,
  ],
  [
    'two headers for one entry',
    () => archiveOf(chartEntry, paxEntry({ path: 'web/a' }), tarEntry('l', 'L', Buffer.from('web/b\0')), tarEntry('web/c', '0')),
    /two headers/,
  ],
  ['a pax header for nothing', () => archiveOf(chartEntry, paxEntry({ path: 'web/a' })), /extends nothing/],
  [
    'a pax record with a wrong length',
    () => archiveOf(chartEntry, tarEntry('p', 'x', Buffer.from('99 path=a\n')), tarEntry('web/a', '0')),
    /extended header is broken/,
  ],
  [
    'a pax record with a length of nothing',
    () => archiveOf(chartEntry, tarEntry('p', 'x', Buffer.from('0 path=a\n')), tarEntry('web/a', '0')),
    /extended header is broken/,
  ],
  [
    'a huge pax header',
    () => archiveOf(chartEntry, paxEntry({ comment: 'x'.repeat(70_000) }), tarEntry('web/a', '0')),
    /extended header is larger/,
  ],
  [
    'a size in base 256',
    () => archiveOf(chartEntry, tarEntry('web/a', '0', Buffer.alloc(0), '\u0080\0\0\0\0\0\0\0\0\0\0\u0001')),
    /header is broken/,
  ],
  ['a negative size', () => archiveOf(chartEntry, tarEntry('web/a', '0', Buffer.alloc(0), '-0000000001\0')), /header is broken/],
  ['a size beyond the end', () => archiveOf(chartEntry, tarEntry('web/a', '0', Buffer.alloc(0), 1e9)), /middle of a file/],
  ['a name twice', () => archiveOf(chartEntry, tarEntry('web/a', '0'), tarEntry('web/a', '0')), /twice/],
  ['a name twice by letter case', () => archiveOf(chartEntry, tarEntry('web/A', '0'), tarEntry('web/a', '0')), /twice/],
  [
    'a name twice by how an accent is written',
    () => archiveOf(chartEntry, tarEntry('web/\u00e9', '0'), tarEntry('web/e\u0301', '0')),
    /twice/,
  ],
  ['a file that becomes a folder', () => archiveOf(chartEntry, tarEntry('web/a', '0'), tarEntry('web/a/b', '0')), /below a file/],
  ['a file with the name of a folder', () => archiveOf(chartEntry, tarEntry('web/a/', '0')), /name of a directory/],
  ['a file that is the folder itself', () => archiveOf(chartEntry, tarEntry('.', '0')), /leads out/],
  ['a folder with content', () => archiveOf(chartEntry, tarEntry('web/a/', '5', Buffer.from('x'))), /directory with content/],
  ['a long part of a path', () => archiveOf(chartEntry, paxEntry({ path: `web/${'a'.repeat(256)}` }), tarEntry('x', '0')), /longer than/],
  [
    'a long path',
    () => archiveOf(chartEntry, paxEntry({ path: `web/${`${'a'.repeat(200)}/`.repeat(6)}x` }), tarEntry('x', '0')),
    /longer than/,
  ],
  ['a deep path', () => archiveOf(chartEntry, paxEntry({ path: `web/${'a/'.repeat(40)}x` }), tarEntry('x', '0')), /deeper than 32 folders/],
  [
    'very many entries',
    () => archiveOf(chartEntry, ...Array.from({ length: 10_001 }, (_, n) => tarEntry(`web/${n}`, '0'))),
    /more than 10000 entries/,
  ],
  [
    'very many headers that extend nothing',
    () => gzipSync(tarOf(chartEntry, ...Array.from({ length: 10_001 }, () => paxEntry({ comment: 'x' }, 'g'))), { level: 0 }),
    /more than 10000 entries/,
  ],
  ['something behind the end of the tar', () => gzipSync(Buffer.concat([tarOf(chartEntry), tarEntry('web/../x', '0')])), /behind its end/],
  [
    'one empty block, and then more',
    () => gzipSync(Buffer.concat([chartEntry, Buffer.alloc(512), tarEntry('../x', '0'), Buffer.alloc(1024)])),
    /behind its end/,
  ],
  ['something behind the end of the gzip stream', () => Buffer.concat([archiveOf(chartEntry), Buffer.from('more')]), /not a gzip archive/],
  ['a second gzip stream', () => Buffer.concat([archiveOf(chartEntry), archiveOf(tarEntry('../x', '0'))]), /not a gzip archive/],
  ['a zip bomb by its ratio', () => gzipSync(Buffer.alloc(40 * MB)), /more than 200 times its size/],
  ['a zip bomb by its total', () => gzipSync(Buffer.alloc(80 * MB)), /unpacks to more than 67108864 bytes/],
  ['a zip bomb that lies about its size', () => lying(gzipSync(Buffer.alloc(80 * MB)), 100_000), /unpacks to more than it says/],
  ['an archive that promises more than it holds', () => lying(archiveOf(chartEntry), 5000), /not a gzip archive/],
  [
    'an archive in an archive that is a bomb',
    () => beside('charts/b.tgz', gzipSync(Buffer.alloc(40 * MB))),
    /charts\/b\.tgz.* more than 200 times/,
  ],
  [
    'an archive in an archive that leads out',
    () => beside('charts/b.tgz', archiveOf(tarEntry('b/../../x', '0'))),
    /charts\/b\.tgz.* leads out/,
  ],
  ['archives in archives in archives …', () => nestedCharts(7), /more than 4 levels deep/],
  [
    'many archives that are too large together',
    () =>
      archiveOf(
        chartEntry,
        ...Array.from({ length: 12 }, (_, n) =>
          fileEntry(
            `web/charts/c${n}.tgz`,
            gzipSync(Buffer.concat([fileEntry(`c${n}/x`, noise(6 * MB)), Buffer.alloc(1024)]), { level: 1 }),
          ),
        ),
      ),
    /larger than|unpacks to more/,
  ],
  ['a huge file', () => archiveOf(chartEntry, fileEntry('web/a', noise(17 * MB))), /larger than 16777216 bytes/],
  ['a huge README', () => beside('README.md', `# x\n${noise(800_000).toString('hex')}`), /README is larger/],
  [
    'a huge logo',
    () => archiveOf(chartEntry, fileEntry('web/slipway.yaml', 'logo: logo.png'), fileEntry('web/logo.png', noise(300_000))),
    /logo is not shown: it is larger/,
  ],
  ['a huge values.yaml', () => beside('values.yaml', `a: ${noise(600_000).toString('hex')}`), /values\.yaml cannot be read: it is larger/],
  ['a YAML bomb in Chart.yaml', () => chart(`${CHART_YAML}${laughs}`), /Chart\.yaml cannot be read: .*alias/],
  ['a YAML bomb in values.yaml', () => beside('values.yaml', laughs), /values\.yaml cannot be read: .*alias/],
  ['values that hold themselves', () => beside('values.yaml', 'a: &a {b: *a}'), /values\.yaml cannot be read: .*alias/],
  ['a YAML bomb in slipway.yaml', () => beside('slipway.yaml', laughs), /slipway\.yaml cannot be read: .*alias/],
  ['deep YAML', () => beside('values.yaml', `a: ${'{b: '.repeat(5000)}`), /nested deeper/],
  ['deep braces in YAML', () => beside('values.yaml', '{'.repeat(100_000)), /nested deeper/],
  [
    'deep JSON',
    () => beside('values.schema.json', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)),
    /values\.schema\.json is nested deeper/,
  ],
  ['huge JSON', () => beside('values.schema.json', `["${noise(1.5 * MB).toString('hex')}"]`), /values\.schema\.json is larger/],
  ['values that are a list', () => beside('values.yaml', '- a'), /values\.yaml must be a mapping/],
  ['values that pollute', () => beside('values.yaml', '__proto__: {polluted: true}'), /__proto__/],
  ['a name of a chart that is a path', () => chart('apiVersion: v2\nname: ../../x\nversion: 1.0.0\n'), /Chart\.yaml is not valid: name/],
  ['a library chart', () => chart(`${CHART_YAML}type: library\n`), /library chart/],
  ['metadata that is not ours', () => beside('slipway.yaml', 'presets: {a: 1}\ncolour: red'), /slipway\.yaml is invalid: .*presets/],
];

function lying(archive: Buffer, size: number): Buffer {
  const copy = Buffer.from(archive);
  copy.writeUInt32LE(size, copy.length - 4);
  return copy;
}

/** Bytes that do not compress, the same in every run. */
function noise(bytes: number): Buffer {
  const out = Buffer.alloc(bytes);
  let state = 0x9e3779b9;
  for (let at = 0; at + 4 <= bytes; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out.writeInt32LE(state, at);
  }
  return out;
}

test.each(CASES)('%s is refused with a reason', async (_what, make, reason) => {
  const archive = make();
  await expect(readPack(archive)).rejects.toThrow(reason);
  await expect(readPack(archive)).rejects.toMatchObject({ code: 'Invalid' });
});

test('links, comments and times of honest programs are no reason to refuse', async () => {
  const archive = archiveOf(
    paxEntry({ comment: '0123' }, 'g'),
    paxEntry({ mtime: '1.5', path: `web/templates/${'long/'.repeat(25)}a.yaml` }),
    tarEntry('web/x', '0'),
    tarEntry('./web/', '5'),
    chartEntry,
  );
  expect(await readPack(archive)).toMatchObject({ name: 'web' });
});

test('memory stays bounded: the worst archives are read in a process with a heap of 128 MB, and the process stays below 450 MB', async () => {
  const script = `
    import { gzipSync } from 'node:zlib';
    import { readPack } from ${JSON.stringify(new URL('../read-pack.ts', import.meta.url).href)};
    import { archiveOf, chartEntry, fileEntry, tarEntry } from ${JSON.stringify(new URL('../testing/archives.ts', import.meta.url).href)};
    const lying = (archive, size) => { archive.writeUInt32LE(size, archive.length - 4); return archive; };
    const worst = [
      gzipSync(Buffer.alloc(${CHART_LIMITS.unpacked})),
      lying(gzipSync(Buffer.alloc(120 * ${MB})), 20 * ${MB}),
      gzipSync(Buffer.concat([chartEntry, Buffer.alloc(60 * ${MB})]), { level: 0 }).subarray(0, 19 * ${MB}),
      archiveOf(chartEntry, fileEntry('web/values.yaml', '- [a, {b: c}]\\n'.repeat(70000))),
      archiveOf(chartEntry, fileEntry('web/values.yaml', 'k: v\\n'.repeat(200000))),
      archiveOf(chartEntry, fileEntry('web/values.schema.json', '[' + '{},'.repeat(600000) + '{}]')),
      archiveOf(...Array.from({ length: 9999 }, (_, n) => tarEntry('web/' + n, '0'))),
    ];
    globalThis.gc?.();
    const before = process.resourceUsage().maxRSS;
    for (const archive of worst) for (let round = 0; round < 3; round += 1) await readPack(archive).catch((error) => { if (error.code !== 'Invalid') throw error; });
    console.log(JSON.stringify({ before, after: process.resourceUsage().maxRSS }));
  `;
  const { stdout } = await run(process.execPath, ['--max-old-space-size=128', '--input-type=module', '-e', script], {
    as: 'the reader',
    timeoutMs: 80_000,
  });
  const { after } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { after: number };
  expect(after / 1024).toBeLessThan(450);
});
