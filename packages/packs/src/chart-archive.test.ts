import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from '@slipway/kit';
import { testTool } from '@slipway/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHART_LIMITS, packChart, readChart } from './chart-archive.ts';
import { readTar } from './archive/read-tar.ts';
import { writeTar } from './archive/write-tar.ts';

const chartYaml = { name: 'Chart.yaml', data: Buffer.from('apiVersion: v2\nname: web\nversion: 1.2.3\n') };
const pack = (...files: { name: string; data: Buffer }[]) => packChart('web', [chartYaml, ...files]);

test('what is packed is read back, and helm reads it too', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-chart-'));
  try {
    const long = `templates/${'deep/'.repeat(20)}config.yaml`;
    const archive = pack(
      { name: 'values.schema.json', data: Buffer.from('{"type":"object"}') },
      { name: long, data: Buffer.from('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: deep}\n') },
    );
    const chart = await readChart(archive);
    expect(chart).toMatchObject({ name: 'web', version: '1.2.3', valuesSchema: { type: 'object' } });
    expect(chart.files.map((file) => file.name)).toContain(`web/${long}`);
    await writeFile(join(dir, 'web.tgz'), archive);
    const { stdout } = await run(testTool('helm'), ['template', 'x', join(dir, 'web.tgz')]);
    expect(stdout).toContain('name: deep');
    expect((await run('tar', ['-tzf', join(dir, 'web.tgz')])).stdout).toContain(long);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('equal files give equal bytes in any order', () => {
  const a = { name: 'templates/a.yaml', data: Buffer.from('a') };
  const b = { name: 'templates/b.yaml', data: Buffer.from('b') };
  expect(pack(a, b).equals(pack(b, a))).toBe(true);
  expect(pack(a).equals(pack(b))).toBe(false);
});

/** A tar entry of any type and name, with a valid checksum. */
function entry(name: string, type: string, data = Buffer.alloc(0), size = data.length): Buffer {
  const tar = writeTar([{ name: 'x', data }]);
  const header = tar.subarray(0, 512);
  header.fill(0, 0, 100);
  header.write(name, 0, 'utf8');
  header.write(type, 156, 'latin1');
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  );
  return tar.subarray(0, tar.length - 1024);
}
const archiveOf = (...entries: Buffer[]) => gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));
const good = entry('web/Chart.yaml', '0', chartYaml.data);

test.each([
  ['a symbolic link', [good, entry('web/link', '2')], /symbolic link/],
  ['a hard link', [good, entry('web/link', '1')], /hard link/],
  ['a device', [good, entry('web/null', '3')], /device/],
  ['a pipe', [good, entry('web/pipe', '6')], /named pipe/],
  ['an absolute path', [good, entry('/etc/passwd', '0')], /leads out/],
  ['a path upwards', [good, entry('web/../../x', '0')], /leads out/],
  ['a backslash', [good, entry('web\\..\\x', '0')], /leads out/],
  ['an empty segment', [good, entry('web//x', '0')], /leads out/],
  ['a name twice', [good, entry('web/a', '0'), entry('web/a', '0')], /twice/],
  ['a name twice in another case', [good, entry('web/chart.YAML', '0')], /twice/],
  ['a file that is a folder too', [good, entry('web/a', '0'), entry('web/a/b', '0')], /below a file/],
  ['two folders', [good, entry('other/Chart.yaml', '0', chartYaml.data)], /exactly one folder/],
  ['no Chart.yaml', [entry('web/values.yaml', '0')], /no Chart.yaml/],
  ['a size beyond its end', [good, entry('web/a', '0', Buffer.alloc(0), 4096)], /middle of a file/],
  ['an upward path in a pax header', [good, entry('pax', 'x', Buffer.from('18 path=../../etc\n')), entry('web/a', '0')], /leads out/],
  ['a size in a pax header', [good, entry('pax', 'x', Buffer.from('10 size=0\n')), entry('web/a', '0')], /changes sizes/],
  ['a broken checksum', [good, Buffer.alloc(512, 1)], /broken|checksum/],
])('%s is refused with a reason', async (_what, entries, reason) => {
  await expect(readChart(archiveOf(...entries))).rejects.toThrow(reason);
});

test('a bomb is stopped at the limit, and too many or too large files are refused', async () => {
  const bomb = gzipSync(Buffer.alloc(CHART_LIMITS.unpacked + 1024));
  expect(bomb.length).toBeLessThan(100_000);
  await expect(readChart(bomb)).rejects.toThrow(/unpacks to more than/);
  await expect(readChart(Buffer.alloc(CHART_LIMITS.archive + 1))).rejects.toThrow(/larger than/);
  const many = archiveOf(good, ...Array.from({ length: 20 }, (_, n) => entry(`web/${n}`, '0')));
  await expect(readChart(many, { ...CHART_LIMITS, entries: 10 })).rejects.toThrow(/more than 10 entries/);
  await expect(readChart(many, { ...CHART_LIMITS, file: 5 })).rejects.toThrow(/larger than 5 bytes/);
  await expect(readChart(Buffer.from('not gzip'))).rejects.toThrow(/not a gzip archive/);
  await expect(readChart(pack().subarray(0, 40))).rejects.toThrow(/not a gzip archive/);
});

test('any damage is an error with a reason or the same chart, never a crash or another path', async () => {
  const whole = writeTar(
    [chartYaml, { name: 'templates/a.yaml', data: Buffer.from('a'.repeat(600)) }].map((file) => ({ ...file, name: `web/${file.name}` })),
  );
  await fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
      const damaged = Buffer.from(whole);
      for (const [at, byte] of changes) damaged[at] = byte;
      try {
        for (const file of readTar(damaged, CHART_LIMITS)) expect(file.name).not.toMatch(/^\/|(^|\/)\.\.(\/|$)/);
      } catch (error) {
        expect((error as Error).message).toMatch(/^The archive was refused: /);
      }
    }),
    { numRuns: 500 },
  );
});
