import { envelopeOf, type Fields, fieldsOf, flagOf, malformed, message, text } from './protobuf-wire.ts';

const entries = (fields: Fields | undefined, number: number): [string, Buffer][] =>
  (fields?.get(number) ?? []).map((data) => {
    const entry = fieldsOf(data);
    return [text(entry, 1), entry.get(2)?.[0] ?? Buffer.alloc(0)];
  });

const texts = (fields: Fields | undefined, number: number): Record<string, string> | undefined => {
  const found = entries(fields, number).map(([key, value]) => [key, value.toString('utf8')] as const);
  return found.length === 0 ? undefined : Object.fromEntries(found);
};

/** What clients send to Secrets in protobuf (in apimachinery's runtime.Unknown), as the JSON it stands for: a Secret, or how to delete one. */
export function readSecretBody(data: Buffer): Record<string, unknown> {
  const { type, raw = Buffer.alloc(0) } = envelopeOf(data);
  if (text(type, 2) === 'DeleteOptions') return readDeleteOptions(raw);
  if (text(type, 2) !== 'Secret') throw malformed();
  return readSecret(type, raw);
}

/** metav1.DeleteOptions, as far as the hub knows it. */
function readDeleteOptions(raw: Buffer): Record<string, unknown> {
  const options = fieldsOf(raw);
  const preconditions = message(options, 2);
  const dryRun = (options.get(5) ?? []).map((value) => value.toString('utf8'));
  return {
    ...(preconditions === undefined
      ? {}
      : { preconditions: { uid: text(preconditions, 1) || undefined, resourceVersion: text(preconditions, 2) || undefined } }),
    ...(flagOf(raw, 3) === undefined ? {} : { orphanDependents: flagOf(raw, 3) }),
    ...(text(options, 4) === '' ? {} : { propagationPolicy: text(options, 4) }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
  };
}

function readSecret(type: Fields | undefined, raw: Buffer): Record<string, unknown> {
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
