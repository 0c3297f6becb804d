import { refused, shown } from './refused.ts';
import { BLOCK, checkSum, headerName, octal } from './tar-header.ts';
import { longNameOf, type LongName } from './tar-extensions.ts';

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

/** Bytes of a path and of each of its parts, as file systems have them, and how many parts there may be. */
const PATH = { bytes: 1024, part: 255, parts: 32 } as const;

/**
 * Files of an unpacked tar, in order. Only regular files and directories pass: links, devices, paths that lead out, names that come twice (also
 * by letter case or as file and directory), extensions that change what a header says, and bytes behind the end are refused with `Invalid`, because a more careful or a more
 * careless reader (helm's, a `tar` program) would then find something else than what was checked here.
 */
export function readTar(archive: Buffer, limits: TarLimits): TarFile[] {
  const files: TarFile[] = [];
  const seen = new Map<string, 'file' | 'directory'>();
  let longName: LongName | undefined;
  let entries = 0;
  let at = 0;
  for (; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (isZero(header)) break;
    entries += 1;
    if (entries > limits.entries) throw refused(`it has more than ${limits.entries} entries`);
    const { type, data, next } = entryAt(archive, at);
    at = next;
    const extension = longNameOf(type, data, longName);
    if (extension !== undefined) {
      longName = extension === 'nothing' ? longName : extension;
      continue;
    }
    const file = fileOf({ header, type, data, longName: longName?.name }, seen);
    longName = undefined;
    if (file === undefined) continue;
    if (data.length > limits.file) throw refused(`"${shown(file.name)}" is larger than ${limits.file} bytes`);
    files.push(file);
  }
  if (longName !== undefined) throw refused('its last header extends nothing');
  if (!isZero(archive.subarray(at))) throw refused('there is something behind its end');
  return files;
}

function entryAt(archive: Buffer, at: number): { type: string; data: Buffer; next: number } {
  const header = archive.subarray(at, at + BLOCK);
  checkSum(header);
  const size = octal(header, 124, 12);
  if (at + BLOCK + size > archive.length) throw refused('it ends in the middle of a file');
  return {
    type: String.fromCharCode(header[156] ?? 0),
    data: archive.subarray(at + BLOCK, at + BLOCK + size),
    next: Math.min(archive.length, at + BLOCK + Math.ceil(size / BLOCK) * BLOCK),
  };
}

interface Entry {
  readonly header: Buffer;
  readonly type: string;
  readonly data: Buffer;
  readonly longName: string | undefined;
}

function fileOf({ header, type, data, longName }: Entry, seen: Map<string, 'file' | 'directory'>): TarFile | undefined {
  const name = longName ?? headerName(header);
  if (type !== '0' && type !== '\0' && type !== '5')
    throw refused(`"${shown(name)}" is ${KINDS[type] ?? `an entry of type ${shown(type)}`}`);
  const kind = type === '5' ? 'directory' : 'file';
  // Old archives mark a directory only by the slash at its end: readers differ about such a "file".
  if (kind === 'file' && name.endsWith('/')) throw refused(`"${shown(name)}" is a file with the name of a directory`);
  if (kind === 'directory' && data.length > 0) throw refused(`"${shown(name)}" is a directory with content`);
  // The folder that everything lies in.
  if (kind === 'directory' && /^\.\/*$/.test(name)) return undefined;
  const path = safeName(name);
  note(seen, path, kind);
  return kind === 'directory' ? undefined : { name: path, data };
}

const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a named pipe',
  S: 'a sparse file',
};

/** Names that some file system takes for one are one: by letter case, and by how an accent is written. */
function note(seen: Map<string, 'file' | 'directory'>, path: string, kind: 'file' | 'directory'): void {
  const key = path.normalize('NFC').toLowerCase();
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

/** Control characters, a replacement character (bytes that are no UTF-8), a backslash: no honest file has them, and terminals and other systems read them their own way. */
const STRANGE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd\\]/u;

function safeName(name: string): string {
  const path = name.replace(/\/+$/, '').replace(/^(\.\/)+/, '');
  if (STRANGE.test(path)) throw refused(`the path "${shown(name)}" leads out of it, or holds characters that no path should have`);
  if (path === '' || path.startsWith('/') || /^[A-Za-z]:/.test(path)) throw refused(`the path "${shown(name)}" leads out of it`);
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) throw refused(`the path "${shown(name)}" leads out of it`);
  if (parts.length > PATH.parts) throw refused(`the path "${shown(name)}" is deeper than ${PATH.parts} folders`);
  if (Buffer.byteLength(path) > PATH.bytes || parts.some((part) => Buffer.byteLength(part) > PATH.part))
    throw refused(`the path "${shown(name)}…" is longer than ${PATH.bytes} bytes, or a part of it longer than ${PATH.part}`);
  return path;
}

const ZEROS = Buffer.alloc(64 * 1024);
function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const piece = bytes.subarray(at, at + ZEROS.length);
    if (!piece.equals(ZEROS.subarray(0, piece.length))) return false;
  }
  return true;
}
