import { fieldsOf, MAGIC, malformed, message, text } from './protobuf-wire.ts';

/** A SelfSubject…Review: its spec's attributes, where it has some. */
export function readReview(data: Buffer): { spec: { resourceAttributes?: Record<string, string>; namespace?: string } } {
  if (!data.subarray(0, 4).equals(MAGIC)) throw malformed();
  const unknown = fieldsOf(data.subarray(4));
  const kind = text(message(unknown, 1), 2);
  const review = message(unknown, 2);
  const spec = review === undefined ? undefined : message(review, 2);
  if (kind === 'SelfSubjectRulesReview') return { spec: { namespace: text(spec, 1) } };
  const attributes = spec === undefined ? undefined : message(spec, 1);
  if (attributes === undefined) return { spec: {} };
  const names = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'];
  return { spec: { resourceAttributes: Object.fromEntries(names.map((name, index) => [name, text(attributes, index + 1)])) } };
}
