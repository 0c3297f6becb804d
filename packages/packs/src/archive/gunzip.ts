import { createGunzip } from 'node:zlib';
import { messageOf, SlipwayError } from '@slipway/kit';
import { refused } from './refused.ts';

export interface GunzipLimits {
  /** Bytes of the archive as it is stored. */
  readonly archive: number;
  /** Bytes it may unpack to. */
  readonly unpacked: number;
  /** How many times larger it may become; texts of one kind reach about 30. Below a megabyte it does not matter. */
  readonly ratio: number;
}

const SMALL = 1024 * 1024;
/** No deflate stream becomes larger than this many times its size. */
const MOST = 1032;
/** Header and trailer of an empty gzip member. */
const LEAST = 18;

/**
 * Unpacks in pieces into one buffer of the size that the archive's own trailer names, and stops where a limit or that size is passed: a bomb costs no more memory than an honest
 * archive, and mostly none. Exactly one gzip member with nothing behind it: others are read by some programs and ignored by others.
 */
export async function gunzip(archive: Buffer, limits: GunzipLimits): Promise<Buffer> {
  if (archive.length > limits.archive) throw refused(`it is larger than ${limits.archive} bytes`);
  if (archive.length < LEAST || archive.readUInt16BE(0) !== 0x1f8b) throw refused('it is not a gzip archive');
  const size = archive.readUInt32LE(archive.length - 4);
  if (size > archive.length * MOST) throw refused('it is not a gzip archive (it says that it unpacks to more than it can)');
  if (size > limits.unpacked) throw refused(`it unpacks to more than ${limits.unpacked} bytes`);
  if (size > Math.max(SMALL, archive.length * limits.ratio)) throw refused(`it unpacks to more than ${limits.ratio} times its size`);
  return fill(Buffer.allocUnsafe(size), archive);
}

async function fill(unpacked: Buffer, archive: Buffer): Promise<Buffer> {
  let size = 0;
  const unpacker = createGunzip();
  unpacker.end(archive);
  try {
    for await (const chunk of unpacker as AsyncIterable<Buffer>) {
      if (size + chunk.length > unpacked.length) throw refused('it is not a gzip archive (it unpacks to more than it says)');
      size += chunk.copy(unpacked, size);
    }
  } catch (error) {
    throw error instanceof SlipwayError ? error : refused(`it is not a gzip archive (${messageOf(error)})`);
  } finally {
    unpacker.destroy();
  }
  if (size !== unpacked.length) throw refused('it is not a gzip archive (it unpacks to less than it says)');
  if (unpacker.bytesWritten !== archive.length) throw refused('there is something behind its end');
  return unpacked;
}
