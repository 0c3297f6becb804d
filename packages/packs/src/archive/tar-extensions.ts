import { refused } from './refused.ts';
import { text } from './tar-header.ts';

/** A name that a header of its own gives to the entry after it. */
export interface LongName {
  readonly name: string | undefined;
}

/** Bytes of a header that only extends another one. */
const MAX_EXTENSION = 64 * 1024;

/** Keys that change neither what an entry is nor where it goes. Everything else (size, linkpath, GNU.sparse.*, hdrcharset, …) makes readers disagree. */
const HARMLESS =
  /^(?:mtime|atime|ctime|uid|gid|uname|gname|comment|LIBARCHIVE\.(?:creationtime|xattr\.[ -~]*)|SCHILY\.(?:xattr\.[ -~]*|dev|ino|nlink|fflags))$/;

/**
 * What a header says about the next entry: its long name, or `nothing` that matters here. Undefined for an entry that extends no other one. pax (`x`, `g`) and GNU's long
 * name (`L`) are read; two of them for one entry are refused, since readers differ about which counts.
 */
export function longNameOf(type: string, data: Buffer, before: LongName | undefined): LongName | 'nothing' | undefined {
  if (type !== 'g' && type !== 'x' && type !== 'L') return undefined;
  if (data.length > MAX_EXTENSION) throw refused(`an extended header is larger than ${MAX_EXTENSION} bytes`);
  if (type === 'g') {
    if (paxPath(data) !== undefined) throw refused('a global header names a path');
    return 'nothing';
  }
  if (before !== undefined) throw refused('two headers extend the same entry');
  return { name: type === 'x' ? paxPath(data) : text(data) };
}

/** pax records are "<length> <key>=<value>\n". */
function paxPath(data: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(0x20, at);
    const digits = space < 0 || space - at > 7 ? '' : data.subarray(at, space).toString('latin1');
    const length = /^[1-9]\d*$/.test(digits) ? Number(digits) : Number.NaN;
    if (!Number.isInteger(length) || length <= space - at + 1 || at + length > data.length || data[at + length - 1] !== 0x0a)
      throw refused('its extended header is broken');
    const record = data.subarray(space + 1, at + length - 1).toString('utf8');
    const equals = record.indexOf('=');
    const key = record.slice(0, Math.max(0, equals));
    if (key === 'path') {
      if (path !== undefined) throw refused('an extended header names two paths');
      path = record.slice(equals + 1);
    } else if (!HARMLESS.test(key)) throw refused('its extended header changes sizes, links or other things that a reader may not know');
    at += length;
  }
  return path;
}
