import type { FieldCause } from '@slipway/kit';
import type { ObjectMeta } from '@slipway/model';
import { pathText } from './field-errors.ts';

const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const MAX_ANNOTATIONS = 256 * 1024;

/** The rules of Kubernetes for names, labels, annotations, finalizers and owners; an empty answer means all is well. */
export function metadataCauses(metadata: ObjectMeta): FieldCause[] {
  return [...nameCauses(metadata), ...labelCauses(metadata), ...annotationCauses(metadata), ...ownerCauses(metadata)];
}

function nameCauses({ name }: ObjectMeta): FieldCause[] {
  if (name === undefined || name === '') {
    return [{ field: 'metadata.name', reason: 'FieldValueRequired', message: 'Required value: name or generateName is required' }];
  }
  if (DNS_LABEL.test(name)) return [];
  const message = `Invalid value: "${name}": a name is at most 63 lower-case letters, digits and "-", and starts and ends with a letter or digit (for example "my-name")`;
  return [{ field: 'metadata.name', reason: 'FieldValueInvalid', message }];
}

function qualifiedName(key: string): boolean {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  return LABEL_NAME.test(key.slice(slash + 1)) && (prefix === undefined || (prefix.length <= 253 && SUBDOMAIN.test(prefix)));
}

const keyMessage =
  'Invalid value: a key is letters, digits, "-", "_" and ".", at most 63, with an optional DNS prefix and "/" (for example "example.com/my-key")';

function labelCauses({ labels = {} }: ObjectMeta): FieldCause[] {
  return Object.entries(labels).flatMap(([key, value]): FieldCause[] => {
    const field = pathText(['metadata', 'labels', key]);
    if (!qualifiedName(key)) return [{ field, reason: 'FieldValueInvalid', message: keyMessage }];
    if (value === '' || LABEL_NAME.test(value)) return [];
    const message = `Invalid value: "${value.slice(0, 80)}": a label's value is empty or at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or digit`;
    return [{ field, reason: 'FieldValueInvalid', message }];
  });
}

function annotationCauses({ annotations = {}, finalizers = [] }: ObjectMeta): FieldCause[] {
  const entries = Object.entries(annotations);
  const size = entries.reduce((sum, [key, value]) => sum + key.length + Buffer.byteLength(value), 0);
  const large: FieldCause[] =
    size > MAX_ANNOTATIONS
      ? [
          {
            field: 'metadata.annotations',
            reason: 'FieldValueInvalid',
            message: `Too long: all annotations together may have ${MAX_ANNOTATIONS} bytes`,
          },
        ]
      : [];
  const keys = entries
    .filter(([key]) => !qualifiedName(key))
    .map(([key]): FieldCause => ({ field: pathText(['metadata', 'annotations', key]), reason: 'FieldValueInvalid', message: keyMessage }));
  const wrong = finalizers
    .filter((finalizer) => !qualifiedName(finalizer))
    .map((_, index): FieldCause => ({ field: `metadata.finalizers[${index}]`, reason: 'FieldValueInvalid', message: keyMessage }));
  return [...large, ...keys, ...wrong];
}

function ownerCauses({ ownerReferences = [] }: ObjectMeta): FieldCause[] {
  if (ownerReferences.filter((owner) => owner.controller).length <= 1) return [];
  return [
    {
      field: 'metadata.ownerReferences',
      reason: 'FieldValueInvalid',
      message: 'Invalid value: only one reference can have controller set to true',
    },
  ];
}
