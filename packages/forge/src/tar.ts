import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One entry of an archive. Directories above it are added by themselves. */
export type TarEntry = { readonly path: string; readonly mode: number; readonly uid?: number } & (
  | { readonly type: 'file'; readonly source: string | Buffer }
  | { readonly type: 'directory' }
  | { readonly type: 'link'; readonly to: string }
);

const BLOCK = 512;

/**
 * Writes a tar whose bytes depend on the entries only: sorted, owner root unless said, time 0. The same content is therefore the same layer on
 * every machine.
 *
 * @returns hex SHA-256 and size in bytes of the archive.
 */
export async function writeTar(file: string, entries: readonly TarEntry[]): Promise<{ readonly sha256: string; readonly size: number }> {
  const handle = await open(file, 'w');
  const out = { handle, hash: createHash('sha256'), size: 0 };
  try {
    for (const entry of withDirectories(entries)) await writeEntry(out, entry);
    await write(out, Buffer.alloc(2 * BLOCK));
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { sha256: out.hash.digest('hex'), size: out.size };
}

interface Output {
  readonly handle: FileHandle;
  readonly hash: Hash;
  size: number;
}

function withDirectories(entries: readonly TarEntry[]): TarEntry[] {
  const byPath = new Map<string, TarEntry>();
  for (const entry of entries) {
    for (let parent = dirname(entry.path); parent !== '.'; parent = dirname(parent)) {
      if (!byPath.has(parent)) byPath.set(parent, { type: 'directory', path: parent, mode: 0o755 });
    }
    byPath.set(entry.path, entry);
  }
  return [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function write(out: Output, chunk: Buffer): Promise<void> {
  out.hash.update(chunk);
  out.size += chunk.length;
  await out.handle.writeFile(chunk);
}

async function writeEntry(out: Output, entry: TarEntry): Promise<void> {
  const size = entry.type === 'file' ? await sizeOf(entry.source) : 0;
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.type === 'link' ? entry.to : '';
  if (Buffer.byteLength(path) > 100 || Buffer.byteLength(target) > 100) await writePax(out, path, target);
  await write(
    out,
    header({ path, target, size, mode: entry.mode, uid: entry.uid ?? 0, type: { file: '0', link: '2', directory: '5' }[entry.type] }),
  );
  if (entry.type !== 'file') return;
  if (typeof entry.source === 'string') {
    for await (const chunk of createReadStream(entry.source, { highWaterMark: 1 << 20 })) await write(out, chunk as Buffer);
  } else await write(out, entry.source);
  await write(out, padding(size));
}

const sizeOf = async (source: string | Buffer): Promise<number> => (typeof source === 'string' ? (await stat(source)).size : source.length);
const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** Names longer than the old header's fields go into an extended header before it (POSIX.1-2001). */
async function writePax(out: Output, path: string, target: string): Promise<void> {
  const records = paxRecord('path', path) + (target ? paxRecord('linkpath', target) : '');
  const body = Buffer.from(records);
  await write(out, header({ path: 'PaxHeader', target: '', size: body.length, mode: 0o644, uid: 0, type: 'x' }));
  await write(out, Buffer.concat([body, padding(body.length)]));
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length = String(length).length + bytes;
  return `${length}${rest}`;
}

interface Header {
  readonly path: string;
  readonly target: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly type: string;
}

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;

function header({ path, target, size, mode, uid, type }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(Buffer.from(path).subarray(0, 100).toString('latin1'), 0, 'latin1');
  block.write(octal(mode, 8), 100);
  block.write(octal(uid, 8), 108);
  block.write(octal(uid, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(Buffer.from(target).subarray(0, 100).toString('latin1'), 157, 'latin1');
  block.write('ustar\u000000', 257);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}
