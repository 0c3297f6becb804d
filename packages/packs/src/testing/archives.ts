import { gzipSync } from 'node:zlib';
import { writeTar } from '../archive/write-tar.ts';

/** A tar entry of any type and name, with a valid checksum: what no honest program would write. */
export function tarEntry(name: string | Buffer, type: string, data = Buffer.alloc(0), size: number | string = data.length): Buffer {
  const tar = writeTar([{ name: 'x', data }]);
  const header = tar.subarray(0, 512);
  header.fill(0, 0, 100);
  if (typeof name === 'string') header.write(name, 0, 100, 'utf8');
  else name.copy(header, 0, 0, 100);
  header.write(type, 156, 'latin1');
  header.write(typeof size === 'string' ? size : `${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  mendChecksum(header);
  return tar.subarray(0, tar.length - 1024);
}

export function mendChecksum(header: Buffer): void {
  header.write('        ', 148, 'latin1');
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

export const paxEntry = (records: Readonly<Record<string, string>>, type = 'x'): Buffer =>
  tarEntry('pax', type, Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(`${key}=${value}`))));

function paxRecord(content: string): Buffer {
  const rest = Buffer.byteLength(content) + 2;
  let length = rest + 1;
  while (String(length).length + rest !== length) length += 1;
  return Buffer.from(`${length} ${content}\n`);
}

export const tarOf = (...entries: readonly Buffer[]): Buffer => Buffer.concat([...entries, Buffer.alloc(1024)]);
export const archiveOf = (...entries: readonly Buffer[]): Buffer => gzipSync(tarOf(...entries));

export const CHART_YAML = 'apiVersion: v2\nname: web\nversion: 1.2.3\n';
export const chartEntry = tarEntry('web/Chart.yaml', '0', Buffer.from(CHART_YAML));
export const fileEntry = (name: string, content: string | Buffer): Buffer => tarEntry(name, '0', Buffer.from(content));
