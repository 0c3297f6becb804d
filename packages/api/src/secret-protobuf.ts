import { fieldsOf, flagOf, MAGIC, malformed, message, text } from './protobuf-wire.ts';

type Fields = ReturnType<typeof fieldsOf>;

const entries = (fields: Fields | undefined, number: number): [string, Buffer][] =>
  (fields?.get(number) ?? []).map((data) => {
    const entry = fieldsOf(data);
    return [text(entry, 1), entry.get(2)?.[0] ?? Buffer.alloc(0)];
  });

const texts = (fields: Fields | undefined, number: number): Record<string, string> | undefined => {
  const found = entries(fields, number).map(([key, value]) => [key, value.toString('utf8')] as const);
  return found.length === 0 ? undefined : Object.fromEntries(found);
};

/** A core/v1 Secret in protobuf (k8s.io/api/core/v1, in apimachinery's runtime.Unknown), as the JSON it stands for. */
export function readSecret(data: Buffer): Record<string, unknown> {
  if (!data.subarray(0, 4).equals(MAGIC)) throw malformed();
  const unknown = fieldsOf(data.subarray(4));
  const type = message(unknown, 1);
  const raw = unknown.get(2)?.[0];
  // DeleteOptions, for one, come to the same address.
  if (raw === undefined || text(type, 2) !== 'Secret') throw malformed();
  const secret = fieldsOf(raw);
  const metadata = message(secret, 1);
  const values = entries(secret, 2).map(([key, value]) => [key, value.toString('base64')] as const);
  const some = (number: number) => text(metadata, number) || undefined;
  return {
    apiVersion: text(type, 1),
    kind: 'Secret',
    metadata: {
      name: some(1),
      generateName: some(2),
      namespace: some(3),
      uid: some(5),
      resourceVersion: some(6),
      labels: texts(metadata, 11),
      annotations: texts(metadata, 12),
    },
    ...(values.length === 0 ? {} : { data: Object.fromEntries(values) }),
    ...(text(secret, 3) === '' ? {} : { type: text(secret, 3) }),
    ...(texts(secret, 4) === undefined ? {} : { stringData: texts(secret, 4) }),
    ...(flagOf(raw, 5) === undefined ? {} : { immutable: flagOf(raw, 5) }),
  };
}
