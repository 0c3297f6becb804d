import { refused } from './refused.ts';

export const BLOCK = 512;

export function headerName(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const ustar = header.subarray(257, 263).toString('latin1') === 'ustar\0';
  const prefix = ustar ? text(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

export function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('utf8');
}

export function octal(header: Buffer, offset: number, length: number): number {
  const digits = text(header.subarray(offset, offset + length)).trim();
  if (!/^[0-7]+$/.test(digits)) throw refused('a header is broken');
  return Number.parseInt(digits, 8);
}

export function checkSum(header: Buffer): void {
  let sum = 0;
  for (let index = 0; index < BLOCK; index += 1) sum += index >= 148 && index < 156 ? 0x20 : (header[index] ?? 0);
  if (sum !== octal(header, 148, 8)) throw refused('a header does not match its checksum');
}
