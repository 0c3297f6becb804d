import { SlipwayError } from '@slipway/kit';

/** The few messages that kubectl sends as protobuf are read by hand: a schema compiler for three of them would be more to keep. */
export type Fields = Map<number, Buffer[]>;

const MAGIC = Buffer.from('k8s\0');

/** What is in apimachinery's runtime.Unknown, which is around every body: the type (1 apiVersion, 2 kind) and the message. */
export function envelopeOf(data: Buffer): { readonly type: Fields | undefined; readonly raw: Buffer | undefined } {
  if (!data.subarray(0, MAGIC.length).equals(MAGIC)) throw malformed();
  const unknown = fieldsOf(data.subarray(MAGIC.length));
  return { type: message(unknown, 1), raw: unknown.get(2)?.[0] };
}

function varint(data: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let index = at, shift = 0; index < data.length && shift < 49; index++, shift += 7) {
    const byte = data[index] as number;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: index + 1 };
  }
  throw malformed();
}

export const malformed = () =>
  new SlipwayError('BadRequest', 'The protobuf body cannot be read.', { hint: 'Send JSON (content type application/json).' });

/** The length-delimited fields of a message by number; others are skipped. */
export function fieldsOf(data: Buffer): Fields {
  const fields: Fields = new Map();
  for (let at = 0; at < data.length;) {
    const tag = varint(data, at);
    const wire = tag.value & 7;
    const number = Math.floor(tag.value / 8);
    if (wire === 0) at = varint(data, tag.next).next;
    else if (wire === 2) {
      const length = varint(data, tag.next);
      const end = length.next + length.value;
      if (end > data.length) throw malformed();
      fields.set(number, [...(fields.get(number) ?? []), data.subarray(length.next, end)]);
      at = end;
    } else throw malformed();
  }
  return fields;
}

export const message = (fields: Fields, number: number): Fields | undefined => {
  const data = fields.get(number)?.[0];
  return data === undefined ? undefined : fieldsOf(data);
};
export const text = (fields: Fields | undefined, number: number): string => fields?.get(number)?.[0]?.toString('utf8') ?? '';

/** The value of a bool field. */
export const flagOf = (data: Buffer, wanted: number): boolean | undefined => {
  const value = integerOf(data, wanted);
  return value === undefined ? undefined : value !== 0;
};

/** The value of an integer field; negative ones are not told from large ones. */
export function integerOf(data: Buffer, wanted: number): number | undefined {
  for (let at = 0; at < data.length;) {
    const tag = varint(data, at);
    const number = Math.floor(tag.value / 8);
    const value = varint(data, tag.next);
    if ((tag.value & 7) === 0) {
      if (number === wanted) return value.value;
      at = value.next;
    } else at = value.next + value.value;
  }
  return undefined;
}
