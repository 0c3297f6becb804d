import { envelopeOf, fieldsOf, message, text } from './protobuf-wire.ts';

/** A SelfSubject…Review: its spec's attributes, where it has some. */
export function readReview(data: Buffer): { spec: { resourceAttributes?: Record<string, string>; namespace?: string } } {
  const { type, raw } = envelopeOf(data);
  const kind = text(type, 2);
  const spec = raw === undefined ? undefined : message(fieldsOf(raw), 2);
  if (kind === 'SelfSubjectRulesReview') return { spec: { namespace: text(spec, 1) } };
  const attributes = spec === undefined ? undefined : message(spec, 1);
  if (attributes === undefined) return { spec: {} };
  const names = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'];
  return { spec: { resourceAttributes: Object.fromEntries(names.map((name, index) => [name, text(attributes, index + 1)])) } };
}
