import { SlipwayError } from '@slipway/kit';

/** One entry of a tar archive that passed the reader's checks. */
export interface TarFile {
  readonly name: string;
  readonly data: Buffer;
}

export interface TarLimits {
  readonly entries: number;
  /** Bytes of one file. */
  readonly file: number;
}

const BLOCK = 512;

/**
 * Files of an unpacked tar, in order. Only regular files and directories pass: links, devices, paths that lead out, names that come twice (also
 * by letter case or as file and directory) are refused with `Invalid`, because unpacking such an archive later would not give what was checked here.
 */
export function readTar(archive: Buffer, limits: TarLimits): TarFile[] {
  const files: TarFile[] = [];
  const seen = new Map<string, 'file' | 'directory'>();
  let longName: string | undefined;
  let entries = 0;
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    checkSum(header);
    const size = octal(header, 124, 12);
    const type = String.fromCharCode(header[156] ?? 0);
    if (at + BLOCK + size > archive.length) throw refused('it ends in the middle of a file');
    const data = archive.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    entries += 1;
    if (entries > limits.entries) throw refused(`it has more than ${limits.entries} entries`);
    if (type === 'g') continue;
    if (type === 'x') {
      longName = paxPath(data) ?? longName;
      continue;
    }
    if (type === 'L') {
      longName = text(data);
      continue;
    }
    const name = longName ?? headerName(header);
    longName = undefined;
    if (type !== '0' && type !== '\0' && type !== '5')
      throw refused(`"${shown(name)}" is ${KINDS[type] ?? `an entry of type ${shown(type)}`}`);
    const path = safeName(name);
    const kind = type === '5' ? 'directory' : 'file';
    note(seen, path, kind);
    if (kind === 'directory') continue;
    if (size > limits.file) throw refused(`"${shown(path)}" is larger than ${limits.file} bytes`);
    files.push({ name: path, data });
  }
  return files;
}

const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a named pipe',
};

function note(seen: Map<string, 'file' | 'directory'>, path: string, kind: 'file' | 'directory'): void {
  const key = path.toLowerCase();
  const before = seen.get(key);
  if (before !== undefined && !(before === 'directory' && kind === 'directory')) throw refused(`"${shown(path)}" is in it twice`);
  seen.set(key, kind);
  // A file may not later become somebody's directory.
  for (let slash = key.indexOf('/'); slash > 0; slash = key.indexOf('/', slash + 1)) {
    const parent = key.slice(0, slash);
    if (seen.get(parent) === 'file') throw refused(`"${shown(path)}" lies below a file`);
    seen.set(parent, 'directory');
  }
}

function safeName(name: string): string {
  const path = name.replace(/\/+$/, '').replace(/^(\.\/)+/, '');
  const bad = path === '' || path.startsWith('/') || path.includes('\\') || path.includes('\0') || /^[A-Za-z]:/.test(path);
  if (bad || path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw refused(`the path "${shown(name)}" leads out of it`);
  return path;
}

function headerName(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const ustar = header.subarray(257, 262).toString('latin1') === 'ustar';
  const prefix = ustar ? text(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('utf8');
}

/** pax records are "<length> <key>=<value>\n". A size in them would make the header's own size a lie, so it is refused. */
function paxPath(data: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(data.subarray(at, space).toString('latin1'));
    if (!Number.isInteger(length) || length <= space - at || at + length > data.length) throw refused('its extended header is broken');
    const record = data.subarray(space + 1, at + length - 1).toString('utf8');
    if (record.startsWith('path=')) path = record.slice(5);
    if (record.startsWith('size=') || record.startsWith('linkpath=')) throw refused('its extended header changes sizes or links');
    at += length;
  }
  return path;
}

function octal(header: Buffer, offset: number, length: number): number {
  const digits = text(header.subarray(offset, offset + length)).trim();
  if (!/^[0-7]+$/.test(digits)) throw refused('a header is broken');
  return Number.parseInt(digits, 8);
}

function checkSum(header: Buffer): void {
  let sum = 0;
  for (let index = 0; index < BLOCK; index += 1) sum += index >= 148 && index < 156 ? 0x20 : (header[index] ?? 0);
  if (sum !== octal(header, 148, 8)) throw refused('a header does not match its checksum');
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 120)).slice(1, -1);
const refused = (why: string): SlipwayError => new SlipwayError('Invalid', `The chart archive was refused: ${why}.`);

/** A tar whose bytes depend on names and contents only: sorted, no times, no owners. */
export function writeTar(files: readonly TarFile[]): Buffer {
  const parts: Buffer[] = [];
  for (const file of files.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) {
    parts.push(ustarHeader(file.name, file.data.length), file.data, Buffer.alloc((BLOCK - (file.data.length % BLOCK)) % BLOCK));
  }
  parts.push(Buffer.alloc(BLOCK * 2));
  return Buffer.concat(parts);
}

function ustarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const [prefix, base] = splitName(name);
  header.write(base, 0, 100, 'utf8');
  header.write('0000644\0', 100, 'latin1');
  header.write('0000000\0', 108, 'latin1');
  header.write('0000000\0', 116, 'latin1');
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write('00000000000\0', 136, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  header.write(prefix, 345, 155, 'utf8');
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function splitName(name: string): [string, string] {
  if (Buffer.byteLength(name) <= 100) return ['', name];
  for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
    if (Buffer.byteLength(name.slice(slash + 1)) <= 100 && Buffer.byteLength(name.slice(0, slash)) <= 155)
      return [name.slice(0, slash), name.slice(slash + 1)];
  }
  throw new SlipwayError('Invalid', `The path "${name}" is too long for a chart archive.`);
}
