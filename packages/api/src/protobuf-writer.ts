/** One field of a message on the wire, or several. */
export type Written = Buffer;

const WIRE = { varint: 0, fixed64: 1, bytes: 2 } as const;
const NONE = Buffer.alloc(0);

/** Unsigned LEB128; whole numbers up to 2^53. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

const tag = (number: number, wire: number): Buffer => varint(number * 8 + wire);

/** A message or bytes; also when empty, because a message that is there is not one that is absent. */
export const bytesField = (number: number, value: Buffer): Written => Buffer.concat([tag(number, WIRE.bytes), varint(value.length), value]);

// Scalars that have their default are not written, as proto3 has it.
export const textField = (number: number, value: string | undefined): Written =>
  value === undefined || value === '' ? NONE : bytesField(number, Buffer.from(value));
export const flagField = (number: number, value: boolean | undefined): Written =>
  value === true ? Buffer.concat([tag(number, WIRE.varint), varint(1)]) : NONE;
export const countField = (number: number, value: number | undefined): Written =>
  value === undefined || value === 0 ? NONE : Buffer.concat([tag(number, WIRE.varint), varint(value)]);

export function doubleField(number: number, value: number | undefined): Written {
  if (value === undefined || value === 0) return NONE;
  const data = Buffer.alloc(8);
  data.writeDoubleLE(value);
  return Buffer.concat([tag(number, WIRE.fixed64), data]);
}
