import { deflateRawSync, gzipSync } from 'node:zlib';
import { mendChecksum } from '../../packages/packs/src/testing/archives.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

const BLOCK = 512;
/** Fields of a header: where they are, and values that readers stumble over. */
const FIELDS = [
  {
    at: 0,
    length: 100,
    values: [
      '../../etc/x',
      '/etc/x',
      'web/../..',
      'web/a\\b',
      'C:x',
      'web//a',
      './',
      'web/\0x',
      'web/Chart.yaml',
      'web/charts/a.tgz',
      'slipway.yaml',
      '\u202e',
      'a'.repeat(100),
    ],
  },
  {
    at: 124,
    length: 12,
    values: [
      '00000000000\0',
      '77777777777\0',
      '00000001000\0',
      '-0000000001\0',
      '99999999999\0',
      '            ',
      '\u0080\0\0\0\0\0\0\0\0\0\0\u0001',
      '0x10\0',
    ],
  },
  { at: 156, length: 1, values: ['0', '\0', '1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', 'K', 'S', 'D', 'M', 'V', '\u00ff'] },
  { at: 157, length: 100, values: ['/etc/passwd', '../x', 'web/Chart.yaml'] },
  { at: 257, length: 8, values: ['ustar\0' + '00', 'ustar  \0', '        ', 'xstar\0' + '00'] },
  { at: 345, length: 155, values: ['..', '/', 'web/..', 'a/'.repeat(70), 'web'] },
] as const;
const PAX = [
  'path=../x',
  'path=web/a',
  'path=',
  'size=1',
  'linkpath=/etc',
  'GNU.sparse.major=1',
  'GNU.sparse.realsize=9',
  'hdrcharset=BINARY',
  'comment=x',
  'mtime=1',
] as const;

/** A tar with broken or hostile headers, mostly with checksums that are right, so that the reader looks further. */
export function mutateTar(tar: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  let mutated = Buffer.from(tar);
  for (let round = 1 + random.below(3); round > 0; round -= 1) mutated = changeHeader(mutated, random);
  if (random.chance(3)) mutated = withPax(mutated, random);
  return random.chance(4) ? mutate(mutated, random, [], others) : mutated;
}

function changeHeader(tar: Buffer, random: Random): Buffer<ArrayBuffer> {
  const copy = Buffer.from(tar);
  const at = random.below(Math.floor(copy.length / BLOCK)) * BLOCK;
  const header = copy.subarray(at, at + BLOCK);
  const field = random.pick(FIELDS);
  header.fill(0, field.at, field.at + field.length);
  header.write(random.pick<string>(field.values), field.at, field.length, random.chance(2) ? 'latin1' : 'utf8');
  if (!random.chance(8)) mendChecksum(header);
  return copy;
}

function withPax(tar: Buffer, random: Random): Buffer<ArrayBuffer> {
  const record = random.pick<string>(PAX);
  const length = random.chance(4) ? random.below(99) : record.length + 4;
  const data = Buffer.alloc(BLOCK);
  data.write(`${length} ${record}\n`);
  const header = Buffer.from(tar.subarray(0, BLOCK));
  header.write(`${`${length} ${record}\n`.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write(random.pick(['x', 'g', 'L']), 156, 'latin1');
  mendChecksum(header);
  const at = random.below(Math.floor(tar.length / BLOCK)) * BLOCK;
  return Buffer.concat([tar.subarray(0, at), header, data, tar.subarray(at)]);
}

/** The tar as gzip, or as what looks like gzip and is not. */
export function mutateGzip(tar: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  switch (random.below(8)) {
    case 0: {
      const archive = gzipSync(tar, { level: 1 });
      archive.writeUInt32LE(random.next(), archive.length - 4);
      return archive;
    }
    case 1:
      return mutate(gzipSync(tar, { level: 1 }), random, [], others);
    case 2:
      return Buffer.concat([gzipSync(tar, { level: 0 }), random.pick(others)]);
    case 3:
      return Buffer.concat([
        Buffer.from([0x1f, 0x8b, 8, random.below(256), 0, 0, 0, 0, 0, 3]),
        deflateRawSync(tar, { level: 1 }),
        Buffer.alloc(8),
      ]);
    default:
      return gzipSync(tar, { level: 0 });
  }
}
